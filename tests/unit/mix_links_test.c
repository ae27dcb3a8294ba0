/* Real SRTP packets over bad links, in simulated time, through the decoder and
 * the mixer: every sample that arrived is in its place in the file. */
#include "mixer/mix.h"

#include <math.h>
#include <spandsp.h>
#include <string.h>

#include "decoder/dec.h"
#include "tests/support/mixkit.h"
#include "tests/support/sender.h"

enum {
	RATE = 8000,
	LEAD_MS = 1000,		/* begin of the recording to the first sample */
	BASE_MS = 30,		/* what the best packet takes */
	FADE = 80,		/* samples that follow concealment fade in */
	WORD = 800,
	WORDS = 12,		/* looked for where samples are resampled */
	ANY_MS = 20,		/* error at any time; of the last word: */
};

typedef struct bad_link {
	const char *name;
	double seconds;
	int packet;		/* samples */
	double loss;		/* of all packets */
	double jitter_ms;	/* 0 to this, uniform: packets overtake */
	double stall_s, stall_ms;	/* so often nothing comes for so long */
	double burst_ms;	/* packets leave at multiples of this only */
	double ppm;		/* the sender's clock */
	double step_ms;		/* a longer route, in mid-call */
	double hold_s;		/* in mid-call it sends nothing for so long */
	double limit_ms;	/* at the end; 0: every sample is compared */
} bad_link;

static const bad_link links[] = {
	{"loss_5_percent", 300, 160, .loss = 0.05},
	{"reorder_60ms", 120, 160, .jitter_ms = 60},
	{"stalls_300ms", 120, 160, .stall_s = 3, .stall_ms = 300},
	{"packets_18ms", 120, 146, .jitter_ms = 5},
	{"bursts_18ms", 120, 40, .burst_ms = 18.25},
	{"all_at_once", 120, 160, .loss = 0.05, .jitter_ms = 60, .stall_s = 7,
	 .stall_ms = 300},
	{"drift_200ppm", 600, 160, .jitter_ms = 20, .ppm = 200, .limit_ms = 5},
	{"route_step_40ms", 600, 160, .jitter_ms = 20, .ppm = 100,
	 .step_ms = 40, .limit_ms = 20},
	{"hour_plus_100ppm", 3600, 480, .jitter_ms = 20, .ppm = 100,
	 .limit_ms = 5},
	{"hour_minus_100ppm", 3600, 480, .jitter_ms = 20, .ppm = -100,
	 .limit_ms = 5},
	{"hour_with_hold", 3600, 480, .jitter_ms = 20, .ppm = 20,
	 .hold_s = 1200, .limit_ms = 20},
};

/* A packet on its way. */
typedef struct flight {
	int64_t at;		/* capture time, ns */
	size_t from, len;	/* in `bytes` */
} flight;

typedef struct fix {
	const bad_link *link;
	int packets;
	int16_t *said;		/* what the receiver of each sample hears */
	bool *came;		/* by packet */
	GByteArray *bytes;
	GArray *flights;
	mix_call *mix;
	dec_call *dec;
	mix_totals totals;
	mixkit_sound heard;
} fix;

/* xorshift64*, the same everywhere. */
static double roll(uint64_t *x)
{
	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	return (double)(*x * 0x2545f4914f6cdd1d >> 11) / 9007199254740992.0;
}

static size_t samples(const fix *f)
{
	return (size_t)(f->packets * f->link->packet);
}

static size_t word_at(const fix *f, int i)
{
	return (samples(f) - 3 * RATE) / WORDS * (size_t)i + RATE;
}

/* Smooth noise; where only words are looked for, silence around them. */
static void make_sound(fix *f, uint8_t *ulaw)
{
	size_t n = samples(f);
	mixkit_party p = {.rate = RATE, .level = 9000, .seed = 7};
	g_autofree int16_t *raw = g_new(int16_t, n + 3);

	mixkit_speak(&p, raw, n + 3);
	for (size_t i = 0; i < n; i++)
		f->said[i] = (int16_t)((raw[i] + raw[i + 1] + raw[i + 2] +
					raw[i + 3]) / 4);
	for (int w = 0; f->link->limit_ms > 0 && w <= WORDS; w++) {
		size_t from = w ? word_at(f, w - 1) + WORD : 0;
		size_t to = w < WORDS ? word_at(f, w) : n;

		memset(f->said + from, 0, (to - from) * sizeof(*f->said));
	}
	for (size_t i = 0; i < n; i++) {
		ulaw[i] = linear_to_ulaw(f->said[i]);
		f->said[i] = ulaw_to_linear(ulaw[i]);
	}
}

/* Where a sample of the sender's belongs, ms since the begin. */
static double place(const fix *f, double sample)
{
	const bad_link *l = f->link;
	double half = (double)samples(f) / 2;

	return LEAD_MS + BASE_MS + sample * 1000 / RATE / (1 + l->ppm * 1e-6) +
	       (sample > half ? l->hold_s * 1000 : 0);
}

/* When the packet comes by, or below 0: never. The first and the last few come
 * well, so that what is compared has ends. */
static double arrival(const fix *f, int i, double *stalled, uint64_t *dice)
{
	const bad_link *l = f->link;
	double sent = place(f, (double)(i + 1) * l->packet - 1), at = sent;
	bool inside = i > 50 && i < f->packets - 50;
	double dead = roll(dice), late = roll(dice);

	if (l->burst_ms > 0)
		at = ceil(sent / l->burst_ms) * l->burst_ms;
	if (2 * i > f->packets)
		at += l->step_ms;
	at += i % 40 ? l->jitter_ms * late : 0;
	if (inside && l->stall_s > 0 &&
	    fmod(sent, l->stall_s * 1000) < 1000.0 * l->packet / RATE)
		*stalled = sent + l->stall_ms;
	return inside && dead < l->loss ? -1 : MAX(at, *stalled);
}

static int by_arrival(const void *a, const void *b)
{
	const flight *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* The sender holds its clock in a hold: RTP time goes on. */
static void send_all(fix *f, sender *s)
{
	g_autofree uint8_t *ulaw = g_malloc(samples(f));
	uint64_t dice = 88172645463325252u;
	double stalled = 0;

	make_sound(f, ulaw);
	s->ticks = (uint32_t)f->link->packet;
	for (int i = 0; i < f->packets; i++) {
		double at = arrival(f, i, &stalled, &dice);
		flight w;
		pkt p;

		if (2 * i >= f->packets && 2 * (i - 1) < f->packets)
			s->ts += (uint32_t)(f->link->hold_s * RATE);
		p = sender_rtp(s, ulaw + i * f->link->packet,
			       (size_t)f->link->packet);
		f->came[i] = at >= 0;
		if (at < 0)
			continue;
		w = (flight){llrint(at * CLK_NS_PER_MS), f->bytes->len,
			     p.bytes.left};
		g_byte_array_append(f->bytes, p.bytes.p, (guint)p.bytes.left);
		g_array_append_val(f->flights, w);
	}
	g_array_sort(f->flights, by_arrival);
}

static void on_block(void *user, const pcm_block *b)
{
	mix_call_block(((fix *)user)->mix, b);
}

static void on_report(void *user, const pcm_report *r)
{
	mix_call_report(((fix *)user)->mix, r);
}

static void describe(fix *f, sender *s)
{
	call_half *h = sender_half(s, false, 1, 1);

	sender_add_payload(h, 0, "PCMU", RATE);
	dec_call_describe(f->dec, h);
	call_half_free(h);
}

static void receive_all(fix *f, const sender *s)
{
	for (guint i = 0; i < f->flights->len; i++) {
		const flight *w = &g_array_index(f->flights, flight, i);
		const pkt p = {
			.at = {{w->at}, {w->at}},
			.side = s->side,
			.bytes = span_of(f->bytes->data + w->from, w->len),
		};

		g_assert_cmpint(dec_call_packet(f->dec, &p), ==, DEC_MEDIA);
	}
	dec_call_finish(f->dec);
}

static void fix_open(fix *f, const mixkit *t, const bad_link *link)
{
	static const mix_output wav = {.format = MIX_WAV, .quality = -1};
	const mix_plan plan = {.dir = t->dir, .name = "link", .outputs = &wav,
			       .n_outputs = 1};
	const dec_sink sink = {.block = on_block, .report = on_report};
	const dec_config config = dec_config_default();

	f->link = link;
	f->packets = (int)((link->seconds - link->hold_s) * RATE /
			   link->packet);
	f->said = g_new0(int16_t, samples(f));
	f->came = g_new0(bool, f->packets);
	f->bytes = g_byte_array_new();
	f->flights = g_array_new(FALSE, FALSE, sizeof(flight));
	f->mix = mix_call_new(&plan, NULL);
	mix_call_begin(f->mix, (clk_mono){0});
	f->dec = dec_call_new(&config, &sink, f);
}

static void fix_close(fix *f)
{
	mixkit_sound_clear(&f->heard);
	mix_totals_clear(&f->totals);
	mix_call_free(f->mix);
	dec_call_free(f->dec);
	g_array_unref(f->flights);
	g_byte_array_unref(f->bytes);
	g_free(f->came);
	g_free(f->said);
}

static float left(const fix *f, ptrdiff_t i)
{
	return f->heard.pcm[2 * i] * 32768;
}

/* Where in the file the sender's first sample is, by its first sounds. */
static ptrdiff_t find_start(const fix *f)
{
	ptrdiff_t want = llrint(place(f, 0) * RATE / 1000);
	double r;
	ptrdiff_t at = mixkit_find(&f->heard, 0, want - 800, want + 800,
				   f->said, WORD, &r);

	g_test_message("%s: %+td samples from its place, r %.4f",
		       f->link->name, at - want, r);
	g_assert_cmpfloat(r, >, 0.999);
	g_assert_cmpint(ABS(at - want), <=, 5 * RATE / 1000);
	return at;
}

/* Of what arrived; what follows a hole fades in from what filled it. */
static void compare(const fix *f)
{
	ptrdiff_t start = find_start(f);
	int n = f->link->packet;
	size_t right = 0, all = 0;

	for (int p = 0; p < f->packets; p++) {
		int skip = p && !f->came[p - 1] ? FADE : 0;

		for (int i = skip; f->came[p] && i < n; i++, all++)
			right += fabsf(left(f, start + p * n + i) -
				       f->said[p * n + i]) < 1;
	}
	g_test_message("%s: %zu of %zu samples right, %.4f %%", f->link->name,
		       right, all, 100.0 * (double)right / (double)all);
	g_assert_cmpuint(all, >, samples(f) * 9 / 10);
	g_assert_cmpfloat((double)right, >=, 0.9997 * (double)all);
}

static void find_words(const fix *f)
{
	for (int w = 0; w < WORDS; w++) {
		double want = place(f, (double)word_at(f, w)), r, error;
		ptrdiff_t about = llrint(want * RATE / 1000);
		ptrdiff_t at = mixkit_find(&f->heard, 0, about - 1000,
					   about + 1000,
					   f->said + word_at(f, w), WORD, &r);

		error = (double)at * 1000 / RATE - want;
		g_test_message("%s: word %d %+.2f ms, r %.4f", f->link->name,
			       w, error, r);
		g_assert_cmpfloat(r, >, 0.9);
		g_assert_cmpfloat(fabs(error), <=, w + 1 < WORDS ? ANY_MS :
				  f->link->limit_ms);
	}
}

/* The callee never says anything: a channel of silence, and it is told. */
static void one_way(const fix *f, double end_ms)
{
	g_assert_cmpuint(f->heard.channels, ==, 2);
	g_assert_cmpuint(f->heard.frames, ==,
			 (size_t)llrint(end_ms * RATE / 1000));
	for (size_t i = 0; i < f->heard.frames; i++)
		g_assert_cmpfloat(f->heard.pcm[2 * i + 1], ==, 0);
	g_assert_cmpuint(f->totals.side[CALL_CALLEE].silent, ==,
			 f->totals.frames);
	g_assert_cmpuint(f->totals.side[CALL_CALLEE].streams, ==, 0);
	g_assert_cmpuint(f->totals.side[CALL_CALLER].late, ==, 0);
}

static void over_link(mixkit *t, gconstpointer data)
{
	double end_ms = floor(((const bad_link *)data)->seconds * 1000) + 2000;
	fix f = {0};
	sender s;

	fix_open(&f, t, data);
	sender_init(&s, "AES_CM_128_HMAC_SHA1_80", CALL_CALLER, 1);
	describe(&f, &s);
	send_all(&f, &s);
	receive_all(&f, &s);
	mixkit_finish(f.mix, end_ms, &f.totals);
	f.heard = mixkit_load(g_array_index(f.totals.files, mix_file, 0).path);
	one_way(&f, end_ms);
	if (f.link->limit_ms > 0)
		find_words(&f);
	else
		compare(&f);
	fix_close(&f);
	sender_clear(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autofree char *path = g_strconcat("/mixer/links/",
						    links[i].name, NULL);

		g_test_add(path, mixkit, &links[i], mixkit_open, over_link,
			   mixkit_close);
	}
	return g_test_run();
}
