#include "tests/support/mixtalk.h"

mix_call *mixtalk_open(mixkit *t, const char *name, const mix_output *outputs,
		       size_t n)
{
	mix_plan plan = {
		.dir = t->dir,
		.name = name,
		.outputs = outputs,
		.n_outputs = n,
		.mute_hold = true,
		.mute_dtmf = true,
		.picture = true,
		.title = "a call",
		.date = "2026-11-21",
	};
	GError *err = NULL;
	mix_call *m = mix_call_new(&plan, &err);

	g_assert_no_error(err);
	return m;
}

const mix_file *mixtalk_file(const mix_totals *totals, guint i)
{
	return &g_array_index(totals->files, mix_file, i);
}

void mixtalk_say(mix_call *m, int every, int packets)
{
	const int hz = MIXTALK_RATE;
	mixkit_party a = {1, CALL_CALLER, hz, 440, 8000, .ts = 1000};
	mixkit_party b = {2, CALL_CALLEE, hz, 1000, 8000, .ts = 77000};
	GError *err = NULL;

	for (int i = 0; i < packets; i++) {
		mixkit_say(m, &a, mixkit_ms(6000 + 20 * i));
		mixkit_say(m, &b, mixkit_ms(6500 + 20 * i));
		if (every && i % every == 0)
			mix_call_advance(m, mixkit_ms(6000 + 20 * i), &err);
		g_assert_no_error(err);
	}
}

void mixtalk_converse(mix_call *m, int every)
{
	mix_call_begin(m, mixkit_ms(5000));
	mixtalk_say(m, every, 500);
}

bool mixtalk_silent(const mixkit_sound *s, unsigned channel, int from_ms,
		    int to_ms)
{
	for (int i = from_ms * 8; i < to_ms * 8; i++) {
		if (s->pcm[(unsigned)i * s->channels + channel])
			return false;
	}
	return true;
}
