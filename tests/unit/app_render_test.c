/* A call that has to be made again at its end is made a piece at a time, with
 * the bytes of one that is made at once. */
#include "app/render.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/support/jrn_rig.h"

enum {
	SECONDS = 60,
	PACKETS = SECONDS * 50 * 2,
	AT_ONCE = 2048,		/* records of a step */
	FRAME = 160,
	WIDE = 640,		/* octets of L16 at 16 kHz */
};

static const char name[] = "20261121T222640Z-0123456789abcdef";

typedef struct journal {
	char *dir;		/* of the call */
	char *spool;
	jrn_out *out;
} journal;

static clk_both ms(int64_t t)
{
	return clk_from_wall(1795300000 * CLK_NS_PER_S + t * CLK_NS_PER_MS);
}

/* ---- writing one ---- */

static void journal_open(journal *j, jrn_kind kind)
{
	g_autoptr(GError) err = NULL;

	j->out = jrn_out_open(j->dir, kind, JRN_KEEP_UNTIL_WRITTEN, ms(0), NULL,
			      &err);
	g_assert_no_error(err);
}

static void journal_close(journal *j)
{
	g_autoptr(GError) err = NULL;

	jrn_out_flush(j->out, &err);
	g_assert_no_error(err);
	g_clear_pointer(&j->out, jrn_out_free);
}

static void tell(journal *j, const rec_event *e)
{
	uint8_t buf[4096];
	put o = put_into(buf, sizeof(buf));
	jrn_rec r = {.type = e->type, .at = e->at};

	rec_event_put(&o, e);
	r.payload = put_done(&o);
	g_assert_true(jrn_out_add(j->out, &r, span_of(NULL, 0)));
}

static void describe(journal *j, call_side side)
{
	const call_payload narrow = {.pt = 0, .channels = 1, .clock = 8000,
				     .name = "PCMU"};
	const call_payload wide = {.pt = 96, .channels = 1, .clock = 16000,
				   .name = "L16"};
	g_autoptr(call_half) h = call_half_new();
	call_media *m = call_half_add_media(h);

	h->serial = side + 1u;
	h->side = (uint8_t)side;
	h->answer = side == CALL_CALLEE;
	m->record = true;
	g_strlcpy(m->kind, "audio", sizeof(m->kind));
	g_strlcpy(m->proto, "RTP/AVP", sizeof(m->proto));
	g_array_append_val(m->payloads, narrow);
	g_array_append_val(m->payloads, wide);
	tell(j, &(rec_event){.type = JRN_HALF, .at = ms(0), .half = h});
}

static void packet(journal *j, call_side side, unsigned i, bool wide)
{
	uint8_t head[REC_PACKET_HEAD], rtp[12 + WIDE];
	const size_t octets = wide ? WIDE : FRAME;
	put o = put_into(head, sizeof(head)), r = put_into(rtp, sizeof(rtp));
	const pkt p = {.side = (uint8_t)side, .leg = PKT_LEG_PLAIN,
		       .flow = side};

	rec_packet_put_head(&o, &p);
	put_u8(&r, 0x80);
	put_u8(&r, wide ? 96 : 0);
	put_u16(&r, (uint16_t)i);
	put_u32(&r, i * (wide ? 320 : FRAME));
	put_u32(&r, side + 1u + 10u * wide);
	for (size_t k = 0; k < octets; k++)
		put_u8(&r, (uint8_t)(1 + (i * 31 + k * k * (side + 3u)) % 9));
	g_assert_true(jrn_out_add(j->out, &(jrn_rec){JRN_PACKET, 0,
						     ms(20 + 20 * i),
						     put_done(&o)},
				  put_done(&r)));
}

static void media_write(journal *j, bool widens)
{
	journal_open(j, JRN_MEDIA);
	for (unsigned i = 0; i < SECONDS * 50; i++) {
		packet(j, CALL_CALLER, i, false);
		packet(j, CALL_CALLEE, i, widens && i > 500);
	}
	journal_close(j);
}

/* Its end is seen or not. */
static journal session_new(bool ends)
{
	journal j = {.spool = jrn_rig_dir()};

	j.dir = g_build_filename(j.spool, name, NULL);
	journal_open(&j, JRN_SESSION);
	tell(&j, &(rec_event){.type = JRN_BEGIN, .at = ms(0),
			      .begin = {span_str("id"), span_str("tag"),
					span_str("test")}});
	tell(&j, &(rec_event){.type = JRN_DECISION, .at = ms(0),
			      .decision = {.record = true, .audio = true}});
	describe(&j, CALL_CALLER);
	describe(&j, CALL_CALLEE);
	tell(&j, &(rec_event){.type = JRN_STATE, .at = ms(0),
			      .progress = {.state = REC_ANSWERED}});
	if (ends)
		tell(&j, &(rec_event){.type = JRN_END, .at = ms(SECONDS * 1000),
				      .end = {.cause = REC_BYE}});
	journal_close(&j);
	return j;
}

/* The callee's codec becomes a better one or not. */
static journal journal_new(bool ends, bool widens)
{
	journal j = session_new(ends);

	media_write(&j, widens);
	return j;
}

static void journal_clear(journal *j)
{
	jrn_rig_remove(j->dir);
	g_assert_cmpint(g_rmdir(j->spool), ==, 0);
	g_free(j->spool);
}

/* ---- made of it ---- */

static const mix_output outputs[] = {
	{.format = MIX_WAV, .layout = MIX_STEREO, .quality = -1},
	{.format = MIX_FLAC, .layout = MIX_MONO, .quality = 2},
	{.format = MIX_MP3, .layout = MIX_STEREO, .quality = -1},
	{.format = MIX_OPUS, .layout = MIX_STEREO, .quality = -1, .celt = true},
};

static render_config config(const char *dir)
{
	return (render_config){
		.recordings = dir,
		.pattern = "made",
		.outputs = outputs,
		.n_outputs = G_N_ELEMENTS(outputs),
		.again = true,
		.grace_ns = CLK_NS_PER_S,
		.lost_ns = CLK_NS_PER_S,
		.dec = dec_config_default(),
	};
}

/* Step by step, hours later; how many of the second reading are in `pieces`. */
static render_call *make(const render_config *cfg, const char *dir,
			 unsigned *pieces)
{
	const clk_both now = ms(SECONDS * 1000 + 3600000);
	render_call *r = render_call_new(cfg, dir);
	g_autoptr(GError) err = NULL;
	unsigned agains = 0;
	render_state s;

	*pieces = 0;
	do {
		s = render_call_step(r, now, now.mono, &err);
		g_assert_no_error(err);
		g_assert_cmpint(s, !=, RENDER_FAILED);
		if (s == RENDER_RUNNING && agains)
			g_assert_true(render_call_behind(r));
		*pieces += agains > 0;
		if (s != RENDER_AGAIN)
			continue;
		render_call_again(r);
		g_assert_true(render_call_behind(r));
		agains++;
	} while (s != RENDER_DONE);
	g_assert_cmpuint(agains, ==, 1);
	return r;
}

static void expect_same(const render_result *a, const render_result *b)
{
	g_assert_cmpuint(a->mix.files->len, ==, G_N_ELEMENTS(outputs));
	g_assert_cmpuint(b->mix.files->len, ==, G_N_ELEMENTS(outputs));
	for (guint i = 0; i < a->mix.files->len; i++) {
		const mix_file *x = &g_array_index(a->mix.files, mix_file, i);
		const mix_file *y = &g_array_index(b->mix.files, mix_file, i);
		g_autofree char *base = g_path_get_basename(x->path);

		g_assert_cmpstr(x->sha256, ==, y->sha256);
		g_assert_true(g_str_has_prefix(base, "made.") ||
			      g_str_has_prefix(base, "made-mono."));
	}
	g_assert_cmpuint(a->packets, ==, PACKETS);
	g_assert_cmpuint(a->mix.frames, ==, b->mix.frames);
	g_assert_cmpuint(a->mix.rate, ==, b->mix.rate);
}

static void check(bool ends, bool widens)
{
	journal j = journal_new(ends, widens);
	char *live = jrn_rig_dir(), *once = jrn_rig_dir();
	const render_config a = config(live), b = config(once);
	g_autoptr(GError) err = NULL;
	unsigned pieces;
	render_call *x = make(&a, j.dir, &pieces);
	render_call *y = render_whole(&b, j.dir, &err);

	g_assert_no_error(err);
	g_assert_cmpuint(pieces, ==, PACKETS / AT_ONCE + 1);
	expect_same(render_call_result(x), render_call_result(y));
	g_assert_cmpuint(render_call_result(x)->mix.rate, ==,
			 widens ? 16000 : 8000);
	render_call_free(x);
	render_call_free(y);
	jrn_rig_remove(live);
	jrn_rig_remove(once);
	journal_clear(&j);
}

static void test_no_end(void)
{
	check(false, false);
}

static void test_wider(void)
{
	check(true, true);
}

/* Capture stood still through the whole call, and in one go the media's file is
 * there and all is known up to long after the end. */
static void test_stood_still(gconstpointer steps)
{
	journal j = session_new(true);
	char *live = jrn_rig_dir();
	const render_config cfg = config(live);
	const clk_both now = ms(SECONDS * 1000 + 10000);
	render_call *r = render_call_new(&cfg, j.dir);
	g_autoptr(GError) err = NULL;
	render_state s = RENDER_RUNNING;

	for (int i = 0; i < GPOINTER_TO_INT(steps); i++)
		g_assert_cmpint(render_call_step(r, now, ms(100 * i).mono,
						 &err), ==, RENDER_RUNNING);
	media_write(&j, false);
	while (s == RENDER_RUNNING)
		s = render_call_step(r, now, now.mono, &err);
	g_assert_no_error(err);
	g_assert_cmpint(s, ==, RENDER_DONE);
	g_assert_cmpuint(render_call_result(r)->packets, ==, PACKETS);
	g_assert_cmpstr(render_call_result(r)->outcome, ==, "RECORDED");
	render_call_free(r);
	jrn_rig_remove(live);
	journal_clear(&j);
}

static void both(journal *j, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		packet(j, CALL_CALLER, i, false);
		packet(j, CALL_CALLEE, i, false);
	}
}

static void watched(journal *j, unsigned from, unsigned to)
{
	uint8_t buf[64];
	put o = put_into(buf, sizeof(buf));

	journal_open(j, JRN_MEDIA);
	rec_watch_put(&o, &(rec_watch){.age_ns = 0});
	g_assert_true(jrn_out_add(j->out, &(jrn_rec){JRN_WATCH, 0, ms(0),
						     put_done(&o)},
				  span_of(NULL, 0)));
	both(j, from, to);
	journal_close(j);
}

static render_state step_to(render_call *r, int64_t t)
{
	g_autoptr(GError) err = NULL;
	render_state s;

	do {
		s = render_call_step(r, ms(t), ms(t).mono, &err);
		if (s == RENDER_AGAIN)
			render_call_again(r);
	} while (s == RENDER_AGAIN || render_call_behind(r));
	g_assert_no_error(err);
	return s;
}

/* The tap stood still, and tells of the end long after it; then it stands still
 * again before it tells a new capture of the call, which writes now what came
 * of it to the end. Or none does. */
static void test_told_late(gconstpointer comes)
{
	const int64_t told = SECONDS * 1000 + 10000;
	const unsigned all = SECONDS * 50, had = all - 500;
	journal j = session_new(false);
	char *live = jrn_rig_dir();
	const render_config cfg = config(live);
	render_call *r = render_call_new(&cfg, j.dir);

	watched(&j, 0, had);
	g_assert_cmpint(step_to(r, SECONDS * 1000 - 10000), ==, RENDER_RUNNING);
	journal_open(&j, JRN_SESSION);
	tell(&j, &(rec_event){.type = JRN_END, .at = ms(SECONDS * 1000),
			      .end = {.cause = REC_BYE}});
	journal_close(&j);
	g_assert_cmpint(step_to(r, told), ==, RENDER_RUNNING);
	g_assert_cmpint(step_to(r, told + 15000), ==, RENDER_RUNNING);
	if (comes)
		watched(&j, had, all);
	else
		g_assert_cmpint(step_to(r, told + 15900), ==, RENDER_RUNNING);
	g_assert_cmpint(step_to(r, told + 16200), ==, RENDER_DONE);
	g_assert_cmpuint(render_call_result(r)->packets, ==,
			 comes ? PACKETS : 2 * had);
	g_assert_cmpstr(render_call_result(r)->outcome, ==,
			comes ? "RECORDED" : "PARTIAL");
	render_call_free(r);
	jrn_rig_remove(live);
	journal_clear(&j);
}

/* The tap tells of the end after silence was written for what followed it: the
 * file is no longer than the one that the journal gives. */
static void test_too_long(void)
{
	journal j = session_new(false);
	char *live = jrn_rig_dir(), *once = jrn_rig_dir();
	render_config a = config(live), b = config(once);
	render_call *x, *y;

	a.lost_ns = 3600 * CLK_NS_PER_S;
	x = render_call_new(&a, j.dir);
	media_write(&j, false);
	g_assert_cmpint(step_to(x, SECONDS * 1000 + 5000), ==, RENDER_RUNNING);
	journal_open(&j, JRN_SESSION);
	tell(&j, &(rec_event){.type = JRN_END, .at = ms(SECONDS * 1000),
			      .end = {.cause = REC_BYE}});
	journal_close(&j);
	while (step_to(x, SECONDS * 1000 + 5200) == RENDER_RUNNING)
		;
	y = render_whole(&b, j.dir, NULL);
	g_assert_nonnull(y);
	expect_same(render_call_result(x), render_call_result(y));
	render_call_free(x);
	render_call_free(y);
	jrn_rig_remove(live);
	jrn_rig_remove(once);
	journal_clear(&j);
}

/* One of two files is read to its end while the other takes several steps, and
 * has the rest when the call is over. */
static void test_grown(void)
{
	const unsigned all = SECONDS * 50, first = 3 * AT_ONCE / 4;
	journal j = session_new(true), next = {.dir = j.dir};
	char *live = jrn_rig_dir();
	const render_config cfg = config(live);
	render_call *r = render_call_new(&cfg, j.dir);
	g_autoptr(GError) err = NULL;

	journal_open(&next, JRN_MEDIA);
	both(&next, 0, 1);
	jrn_out_flush(next.out, &err);
	g_assert_no_error(err);
	journal_open(&j, JRN_MEDIA);
	both(&j, 1, first);
	journal_close(&j);
	g_assert_cmpint(render_call_step(r, ms(40000), ms(35000).mono, &err),
			==, RENDER_RUNNING);
	g_assert_true(render_call_behind(r));
	both(&next, first, all);
	journal_close(&next);
	g_assert_cmpint(step_to(r, SECONDS * 1000 + 20000), ==, RENDER_DONE);
	g_assert_cmpuint(render_call_result(r)->packets, ==, PACKETS);
	g_assert_cmpstr(render_call_result(r)->outcome, ==, "RECORDED");
	render_call_free(r);
	jrn_rig_remove(live);
	journal_clear(&j);
}

/* A call in mid-speech is in no hurry until it is told that its signalling has
 * something, and then until that is taken in; a wrong hint does no harm. */
static void test_urgent(void)
{
	journal j = session_new(false);
	char *live = jrn_rig_dir();
	const render_config cfg = config(live);
	render_call *r = render_call_new(&cfg, j.dir);

	g_assert_true(render_call_urgent(r, 1));
	g_assert_cmpint(render_call_step(r, ms(200), ms(100).mono, NULL), ==,
			RENDER_RUNNING);
	g_assert_false(render_call_urgent(r, 1));
	g_assert_false(render_call_urgent(r, 2));
	journal_open(&j, JRN_SESSION);
	tell(&j, &(rec_event){.type = JRN_MARK, .at = ms(300),
			      .control = {.mark = REC_PAUSE}});
	journal_close(&j);
	for (unsigned i = 1; i <= 2; i++)	/* in its second file */
		g_assert_cmpint(render_call_step(r, ms(400), ms(200 + i).mono,
						 NULL), ==, RENDER_RUNNING);
	g_assert_false(render_call_urgent(r, 2));
	g_assert_true(render_call_urgent(r, 3));
	g_assert_true(render_call_urgent(r, 3));
	g_assert_cmpint(render_call_step(r, ms(500), ms(400).mono, NULL), ==,
			RENDER_RUNNING);
	g_assert_false(render_call_urgent(r, 3));
	render_call_free(r);
	jrn_rig_remove(live);
	journal_clear(&j);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/app/render/no-end", test_no_end);
	g_test_add_func("/app/render/wider", test_wider);
	for (int i = 0; i < 4; i++) {
		g_autofree char *path = g_strdup_printf(
			"/app/render/stood-still/%d", i);

		g_test_add_data_func(path, GINT_TO_POINTER(i),
				     test_stood_still);
	}
	g_test_add_data_func("/app/render/told-late", "", test_told_late);
	g_test_add_data_func("/app/render/told-late/nothing", NULL,
			     test_told_late);
	g_test_add_func("/app/render/too-long", test_too_long);
	g_test_add_func("/app/render/grown", test_grown);
	g_test_add_func("/app/render/urgent", test_urgent);
	return g_test_run();
}
