/* What marks silence, and from when on they may. */
#include "mixer/marks.h"

enum { RATE = 1000, RAMP = 5 };
#define MS CLK_NS_PER_MS

typedef struct desk {
	mix_plan plan;
	mix_timeline *timeline;
	mix_marks *marks;
} desk;

static void begin(desk *d, bool hold, bool dtmf)
{
	d->plan = (mix_plan){.mute_hold = hold, .mute_dtmf = dtmf};
	d->timeline = mix_timeline_new();
	d->marks = mix_marks_new(&d->plan, d->timeline);
}

static void end(desk *d)
{
	mix_marks_free(d->marks);
	mix_timeline_free(d->timeline);
}

static void take(desk *d, mix_kind kind, mix_edge edge, uint8_t side,
		 int64_t at_ms, int64_t soonest_ms)
{
	const mix_mark k = {.kind = (uint8_t)kind, .edge = (uint8_t)edge,
			    .side = side, .text = "5"};

	mix_marks_take(d->marks, &k, at_ms * MS, soonest_ms * MS);
}

/* The side's first and last silent millisecond of ten seconds, plus one. */
static void silence(desk *d, uint8_t side, int from_ms, int to_ms)
{
	static float bus[10 * RATE];
	int from = -1, to = -1;

	for (int i = 0; i < 10 * RATE; i++)
		bus[i] = 1;
	mix_mute_apply(mix_marks_mute(d->marks, side), RATE, 0, bus,
		       10 * RATE);
	for (int i = 0; i < 10 * RATE; i++) {
		if (bus[i] == 0) {
			from = from < 0 ? i : from;
			to = i + 1;
		}
	}
	g_assert_cmpint(from, ==, from_ms);
	g_assert_cmpint(to, ==, to_ms);
}

/* From the first hold of anybody to the first retrieve of anybody. */
static void hold(void)
{
	desk d;

	begin(&d, true, false);
	take(&d, MIX_HOLD, MIX_ON, CALL_CALLER, 1000, 0);
	take(&d, MIX_HOLD, MIX_ON, CALL_CALLEE, 2000, 0);
	take(&d, MIX_HOLD, MIX_OFF, CALL_CALLEE, 4000, 0);
	take(&d, MIX_HOLD, MIX_OFF, CALL_CALLER, 6000, 0);
	silence(&d, CALL_CALLER, 1000 + RAMP, 4000);
	silence(&d, CALL_CALLEE, 1000 + RAMP, 4000);
	end(&d);
	begin(&d, false, false);
	take(&d, MIX_HOLD, MIX_ON, CALL_CALLER, 1000, 0);
	silence(&d, CALL_CALLER, -1, -1);
	end(&d);
}

/* From its start to its end, or to a retrieve when nothing came of it. */
static void transfer(void)
{
	for (int back = 0; back < 2; back++) {
		desk d;

		begin(&d, true, false);
		take(&d, MIX_TRANSFER, MIX_ON, CALL_UNKNOWN, 3000, 0);
		if (back)
			take(&d, MIX_HOLD, MIX_OFF, CALL_CALLER, 5000, 0);
		else
			take(&d, MIX_TRANSFER, MIX_OFF, CALL_UNKNOWN, 5000,
			     0);
		silence(&d, CALL_CALLER, 3000 + RAMP, 5000);
		silence(&d, CALL_CALLEE, 3000 + RAMP, 5000);
		mix_marks_close(d.marks, 10000 * MS);
		g_assert_cmpuint(mix_timeline_list(d.timeline)->len, ==, 1);
		end(&d);
	}
}

/* The side that pressed it, from before it went down; the digit is not told. */
static void key(void)
{
	const GArray *list;
	desk d;

	begin(&d, false, true);
	take(&d, MIX_DTMF, MIX_ON, CALL_CALLEE, 3000, 0);
	take(&d, MIX_DTMF, MIX_OFF, CALL_CALLEE, 3500, 0);
	take(&d, MIX_DTMF, MIX_AT, CALL_CALLEE, 4000, 0);
	silence(&d, CALL_CALLEE, 2940, 4060);
	silence(&d, CALL_CALLER, -1, -1);
	list = mix_timeline_list(d.timeline);
	g_assert_cmpuint(list->len, ==, 2);
	for (guint i = 0; i < list->len; i++)
		g_assert_cmpstr(g_array_index(list, mix_marker, i).text, ==,
				"");
	end(&d);
	begin(&d, false, false);
	take(&d, MIX_DTMF, MIX_AT, CALL_CALLEE, 4000, 0);
	silence(&d, CALL_CALLEE, -1, -1);
	list = mix_timeline_list(d.timeline);
	g_assert_cmpstr(g_array_index(list, mix_marker, 0).text, ==, "5");
	end(&d);
}

static float *the_bus(void *user, uint32_t stream)
{
	(void)stream;
	return user;
}

/* The tone of a key, by rule, and never where keys are to be taken out. */
static void dial(void)
{
	for (int i = 0; i < 4; i++) {
		const bool wanted = i & 1, removed = i & 2;
		float bus[8000] = {0};
		const mix_dial_host host = {bus, NULL, the_bus};
		bool heard = false;
		desk d;

		begin(&d, false, removed);
		d.plan.dtmf_tones = wanted;
		take(&d, MIX_DTMF, MIX_ON, CALL_CALLEE, 100, 0);
		take(&d, MIX_DTMF, MIX_OFF, CALL_CALLEE, 300, 0);
		take(&d, MIX_DTMF, MIX_AT, CALL_UNKNOWN, 500, 0);
		mix_dial_run(mix_marks_dial(d.marks, CALL_CALLER), 8000, 0,
			     8000, &host);
		for (int n = 0; n < 8000; n++)
			g_assert_cmpfloat(bus[n], ==, 0);
		mix_dial_run(mix_marks_dial(d.marks, CALL_CALLEE), 8000, 0,
			     8000, &host);
		for (int n = 0; n < 8000; n++) {
			heard |= bus[n] != 0;
			g_assert_true(!bus[n] || (n >= 800 && n < 2400));
		}
		g_assert_true(heard == (wanted && !removed));
		end(&d);
	}
}

/* What may have been written stays, however late a mark is told. */
static void told_late(void)
{
	desk d;

	begin(&d, false, true);
	take(&d, MIX_DTMF, MIX_ON, CALL_CALLER, 3000, 5000);
	take(&d, MIX_DTMF, MIX_OFF, CALL_CALLER, 4000, 7000);
	silence(&d, CALL_CALLER, 5000 + RAMP, 7000);
	end(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/marks/hold", hold);
	g_test_add_func("/mixer/marks/transfer", transfer);
	g_test_add_func("/mixer/marks/key", key);
	g_test_add_func("/mixer/marks/dial", dial);
	g_test_add_func("/mixer/marks/told-late", told_late);
	return g_test_run();
}
