/* Targets: mix_call_block mix_call_report mix_call_mark mix_call_leave_out */
#include "mixer/mix.h"

#include <glib/gstdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
	OP = 6,			/* octets of one operation */
	OPS_MAX = 400,
	STREAMS = 4,
	FRAMES_MAX = 960,
	/* After this there are no more leaps in time. All of a call is made,
	 * twice: its cost is its length, of which a fuzzer learns nothing. */
	LEAPS_MS = 15000,
};

typedef struct world {
	int64_t now;		/* ms */
	int64_t ts[STREAMS];
	int16_t pcm[2 * FRAMES_MAX];
} world;

static void say(mix_call *m, world *w, const uint8_t *op)
{
	static const uint32_t rates[] = {8000, 16000, 48000, 24000, 44100,
					 8000, 8000, 300};
	unsigned stream = op[1] % STREAMS;
	uint32_t rate = rates[op[2] % 8];
	/* A source that is restarted, and contributors, at times. */
	pcm_block b = {
		.stream = stream, .side = stream & 1,
		.ssrc = stream / 3, .talker = op[5] & 0x40 ? op[4] & 3 : 0,
		.kind = op[2] >> 3 & 3, .channels = op[2] & 0x40 ? 2 : 1,
		.rate = rate, .clock = op[2] & 0x80 ? 8000 : rate,
		.arrival = {w->now * CLK_NS_PER_MS},
		.pcm = w->pcm, .frames = MIN(rate / 50, FRAMES_MAX),
	};
	int64_t jump = (int8_t)op[3];

	/* Mostly the next one; else a hole, or a leap. */
	if (op[3] & 1)
		w->ts[stream] += op[4] & 1 ? jump * rate : jump * rate / 100;
	b.ts = w->ts[stream];
	mix_call_block(m, &b);
	w->ts[stream] += (int64_t)(b.frames * b.clock / b.rate);
}

static void do_op(mix_call *m, world *w, const uint8_t *op)
{
	mix_mark k = {
		.kind = op[2] % MIX_KINDS, .edge = op[3] % 3,
		.side = op[4] % 3,
		.at = {(w->now + op[4]) * CLK_NS_PER_MS},
		.length = op[5] * CLK_NS_PER_MS, .text = "5",
		.volume = op[1] & 63, .stream = op[1] % STREAMS,
		.clock = op[1] & 64 ? 8000 : 0,
		.ts = w->ts[op[1] % STREAMS],
	};
	pcm_report r = {
		.stream = op[1] % STREAMS, .ts = w->ts[op[1] % STREAMS],
		.ntp = (uint64_t)(w->now + op[3]) << 22,
		.arrival = {w->now * CLK_NS_PER_MS},
	};

	w->now += op[5] & 0x80 && w->now < LEAPS_MS ? op[5] * 8 : op[5] & 0x1f;
	k.at.ns += w->now * CLK_NS_PER_MS;
	r.arrival.ns = w->now * CLK_NS_PER_MS;
	if (op[0] < 0xe0)
		say(m, w, op);
	else if (op[0] < 0xf0)
		mix_call_report(m, &r);
	else
		mix_call_mark(m, &k);
}

/* The digests of all files, in their order. */
static char *render(const char *dir, const uint8_t *data, size_t n, int every)
{
	GString *sums = g_string_new(NULL);
	static const mix_output outputs[] = {
		{.format = MIX_WAV, .layout = MIX_STEREO},
		{.format = MIX_WAV_ULAW, .layout = MIX_MONO},
		{.format = MIX_RF64, .layout = MIX_CALLEE},
	};
	mix_plan plan = {.dir = dir, .name = "fuzz", .outputs = outputs,
			 .n_outputs = G_N_ELEMENTS(outputs),
			 .mute_dtmf = n / OP % 3 != 0,
			 .dtmf_tones = true, .mute_hold = true};
	mix_call *m = mix_call_new(&plan, NULL);
	mix_totals totals;
	world w = {.now = 0};

	for (size_t i = 0; i < G_N_ELEMENTS(w.pcm); i++)
		w.pcm[i] = (int16_t)(i * 7919);
	mix_call_begin(m, (clk_mono){0});
	for (size_t i = 0; i < n / OP && i < OPS_MAX; i++) {
		do_op(m, &w, data + i * OP);
		if (data[i * OP] == 0xff)
			mix_call_leave_out(m, data[i * OP + 1] % STREAMS,
					   (clk_mono){w.now * CLK_NS_PER_MS},
					   data[i * OP + 2] & 1);
		if (every && (int)i % every == 0)
			g_assert(mix_call_advance(m,
				(clk_mono){w.now * CLK_NS_PER_MS}, NULL));
	}
	g_assert(mix_call_finish(m, (clk_mono){w.now * CLK_NS_PER_MS}, &totals,
				 NULL));
	g_assert(totals.frames == (uint64_t)w.now * totals.rate / 1000);
	for (guint i = 0; i < totals.files->len; i++) {
		mix_file *f = &g_array_index(totals.files, mix_file, i);

		g_string_append(sums, f->sha256);
		g_unlink(f->path);
	}
	mix_totals_clear(&totals);
	mix_call_free(m);
	return g_string_free(sums, FALSE);
}

/* In memory where there is such a place: each file is synced. */
static char *make_dir(void)
{
	char *dir = g_strdup("/dev/shm/mix_fuzz_XXXXXX");

	if (g_mkdtemp(dir))
		return dir;
	g_free(dir);
	return g_dir_make_tmp("mix_fuzz_XXXXXX", NULL);
}

/* Whatever comes in, it comes out as long as the call, and the same however
 * often advance() was called. Only whole operations are of interest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	g_autofree char *dir = NULL, *never = NULL, *often = NULL;

	if (n % OP)
		return 0;
	dir = make_dir();
	g_assert(dir);
	never = render(dir, data, n, 0);
	often = render(dir, data, n, n / OP % 2 ? 1 : 7);
	g_assert(!strcmp(never, often));
	g_rmdir(dir);
	return 0;
}
