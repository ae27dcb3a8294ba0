/* When capture was there: its files of one call, and what lies between them. */
#include "app/captured.h"

/* A file of rings that were opened at `since`; 0: it does not say. */
typedef struct file {
	unsigned number;
	int64_t since, first, last;
} file;

/* The call lasts from 100 to 200. */
typedef struct history {
	const char *name;
	unsigned n;
	file files[3];
	int64_t away_from, away_to;	/* 0: capture was there all the time */
	bool unseen;			/* nothing of it at 200 or later */
} history;

static const history histories[] = {
	{"there", 1, {{0, 10, 95, 201}}, 0, 0, false},
	/* A new worker on the same rings, whatever the order of the files. */
	{"rings-live", 2, {{1, 10, 150, 201}, {0, 10, 95, 120}}, 0, 0, false},
	{"rings-lost", 2, {{0, 10, 95, 120}, {1, 140, 145, 201}}, 120, 140,
	 false},
	/* The tap armed the new one in the words, and at the time, of the old
	 * one. */
	{"armed-long-ago", 3,
	 {{0, 10, 95, 120}, {1, 140, 95, 95}, {1, 140, 150, 201}}, 120, 140,
	 false},
	{"rings-lost-backwards", 2, {{1, 140, 145, 201}, {0, 10, 95, 120}}, 120,
	 140, false},
	/* Rings that were there for a part of the time of others. */
	{"rings-within", 2, {{0, 10, 95, 180}, {1, 20, 95, 120}}, 180, 200,
	 true},
	/* What was held back comes behind what is newer. */
	{"held-back", 2, {{0, 10, 150, 201}, {0, 10, 95, 120}}, 0, 0, false},
	{"just-to-the-end", 1, {{0, 10, 95, 200}}, 0, 0, false},
	{"beginning", 1, {{0, 130, 131, 205}}, 100, 130, false},
	{"end", 1, {{0, 10, 95, 180}}, 180, 200, true},
	{"never", 1, {{0, 220, 221, 222}}, 100, 200, false},
	/* A journal of an earlier version, or of a replay: nothing is
	 * claimed. */
	{"not-told", 1, {{0, 0, 150, 160}}, 0, 0, false},
};

static void take(captured *c, const file *f)
{
	uint8_t buf[8];
	put o = put_into(buf, sizeof(buf));
	const rec_watch w = {f->first - f->since};
	jrn_rec r = {.type = JRN_WATCH, .at.mono.ns = f->first};

	rec_watch_put(&o, &w);
	r.payload = put_done(&o);
	if (f->since)
		captured_take(c, f->number, &r);
	r.type = JRN_PACKET;
	r.payload = span_of("", 0);
	for (r.at.mono.ns = f->first; r.at.mono.ns <= f->last; r.at.mono.ns++)
		captured_take(c, f->number, &r);
}

static void test_history(gconstpointer data)
{
	const history *h = data;
	g_autoptr(GArray) a = g_array_new(FALSE, FALSE, sizeof(captured_away));
	captured *c = captured_new();

	for (unsigned i = 0; i < h->n; i++)
		take(c, &h->files[i]);
	g_assert_true(captured_seen(c, (clk_mono){200}) != h->unseen);
	captured_aways(c, (clk_mono){100}, (clk_mono){200}, a);
	g_assert_cmpuint(a->len, ==, h->away_to != 0);
	if (a->len) {
		const captured_away *w = &g_array_index(a, captured_away, 0);

		g_assert_cmpint(w->from.ns, ==, h->away_from);
		g_assert_cmpint(w->to.ns, ==, h->away_to);
	}
	captured_free(c);
}

static void take_tally(captured *c, unsigned number, uint64_t stored)
{
	const rec_tally t = {.stored = stored, .frames = 7};
	uint8_t buf[256];
	put o = put_into(buf, sizeof(buf));
	jrn_rec r = {.type = JRN_TALLY};

	rec_tally_put(&o, &t);
	r.payload = put_done(&o);
	captured_take(c, number, &r);
}

static uint64_t stored(const captured *c)
{
	captured_sums s;

	captured_sum(c, &s);
	return s.all.stored;
}

/* A worker that was killed has not told of its last packets, or of any. */
static void test_untold(void)
{
	captured *c = captured_new();

	take(c, &(file){0, 0, 100, 119});
	g_assert_cmpuint(stored(c), ==, 20);
	take_tally(c, 0, 15);
	g_assert_cmpuint(stored(c), ==, 20);
	take(c, &(file){1, 0, 120, 129});
	take_tally(c, 1, 4);
	take_tally(c, 1, 12);	/* two of them did not get to the disk */
	g_assert_cmpuint(stored(c), ==, 32);
	captured_free(c);
}

/* Losses add up, at each place and over all. */
static void test_losses(void)
{
	captured *c = captured_new();
	captured_sums s;

	for (unsigned i = 1; i <= 3; i++) {
		uint8_t buf[64];
		put o = put_into(buf, sizeof(buf));
		const rec_loss l = {.place = i == 3 ? REC_LOSS_DISK
						    : REC_LOSS_KERNEL,
				    .packets = i};
		jrn_rec r = {.type = JRN_LOSS};

		rec_loss_put(&o, &l);
		r.payload = put_done(&o);
		captured_take(c, i / 2, &r);
	}
	captured_sum(c, &s);
	g_assert_cmpuint(s.lost[REC_LOSS_KERNEL], ==, 1 + 2);
	g_assert_cmpuint(s.lost[REC_LOSS_DISK], ==, 3);
	g_assert_cmpuint(captured_lost(&s), ==, 1 + 2 + 3);
	captured_free(c);
}

/* Each file counted from nought, and its last word is the sum of its own. */
static void test_sums(void)
{
	captured *c = captured_new();
	captured_sums s;

	for (uint64_t i = 0; i < 4; i++) {
		uint8_t buf[512];
		put o = put_into(buf, sizeof(buf));
		const rec_tally t = {
			.from.ns = 50 - (int64_t)i, .stored = 1 + i,
			.late = 2 + i, .not_recorded = 3 + i,
			.copies[REC_LEGS - 1] = 4 + i, .frames = 5 + i,
			.unclaimed = 6 + i, .malformed = 7 + i,
			.tcp_gaps = 8 + i, .fragments_lost = 9 + i,
		};
		jrn_rec r = {.type = JRN_TALLY};

		rec_tally_put(&o, &t);
		r.payload = put_done(&o);
		captured_take(c, i / 2, &r);
	}
	captured_sum(c, &s);	/* of the second and the fourth */
	g_assert_cmpint(s.all.from.ns, ==, 47);
	g_assert_cmpuint(s.all.stored, ==, 2 + 4);
	g_assert_cmpuint(s.all.late, ==, 2 + 6);
	g_assert_cmpuint(s.all.not_recorded, ==, 4 + 6);
	g_assert_cmpuint(s.all.copies[REC_LEGS - 1], ==, 5 + 7);
	g_assert_cmpuint(s.all.frames, ==, 6 + 8);
	g_assert_cmpuint(s.all.unclaimed, ==, 7 + 9);
	g_assert_cmpuint(s.all.malformed, ==, 8 + 10);
	g_assert_cmpuint(s.all.tcp_gaps, ==, 9 + 11);
	g_assert_cmpuint(s.all.fragments_lost, ==, 10 + 12);
	captured_free(c);
}

static void take_flow(captured *c, unsigned number, rec_flow flow)
{
	uint8_t buf[512];
	put o = put_into(buf, sizeof(buf));
	jrn_rec r = {.type = JRN_FLOW};

	rec_flow_put(&o, &flow);
	r.payload = put_done(&o);
	captured_take(c, number, &r);
}

/* One path in the words of two files is one path; the last word of each
 * counts. */
static void test_paths(void)
{
	g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(rec_flow));
	captured *c = captured_new();
	const rec_flow *f;

	for (unsigned i = 0; i < 3; i++) {
		take_flow(c, i, (rec_flow){.side = i == 2, .packets = 3,
					   .stored = 2});
		take_flow(c, i, (rec_flow){.side = i == 2, .packets = 10 + i,
					   .stored = 5 + i});
	}
	captured_paths(c, all);
	g_assert_cmpuint(all->len, ==, 2);
	f = &g_array_index(all, rec_flow, 0);
	g_assert_cmpuint(f->packets, ==, 10 + 11);
	g_assert_cmpuint(f->stored, ==, 5 + 6);
	captured_free(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/app/captured/untold", test_untold);
	g_test_add_func("/app/captured/sums", test_sums);
	g_test_add_func("/app/captured/losses", test_losses);
	g_test_add_func("/app/captured/paths", test_paths);
	for (size_t i = 0; i < G_N_ELEMENTS(histories); i++) {
		g_autofree char *path = g_strconcat("/app/captured/",
						    histories[i].name, NULL);

		g_test_add_data_func(path, &histories[i], test_history);
	}
	return g_test_run();
}
