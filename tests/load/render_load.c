/* Whole call journals to files by `edgetape replay --journal`, beside the parts
 * alone on the same packets: our SRTP transform, mu-law and the encoder with
 * the settings that the mixer uses, in one process without a journal, without
 * reordering, timeline, checksum or sync. "Calls" are in real time per core,
 * from CPU seconds. LOAD_CALLS for WAV and FLAC; a fifth for the others. */
#include <glib/gstdio.h>
#include <lame/lame.h>
#include <opus_multistream.h>
#include <sndfile.h>
#include <spandsp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "decoder/rtp.h"
#include "decoder/srtp.h"
#include "tests/load/media.h"
#include "tests/load/talk.h"

enum { BEGIN_S = 1700000000, RATE = 8000, CHUNK = 50 };

/* What is made of a call: by our words for it, and by an encoder alone, which
 * takes frames of LOAD_PAYLOAD samples. */
typedef struct format format;
struct format {
	const char *name;	/* as --format takes it */
	unsigned floor;		/* calls per core; 0: none was set */
	void (*encode)(const format *f, const char *path, const int16_t *pcm,
		       unsigned frames);
	unsigned share;		/* one call in so many is made */
	int channels, kbps;
};

static void to_sndfile(const char *path, int kind, const int16_t *pcm,
		       unsigned frames)
{
	SF_INFO info = {.samplerate = RATE, .channels = 2,
			.format = kind | SF_FORMAT_PCM_16};
	double level = 2 / 8.0;
	SNDFILE *s = sf_open(path, SFM_WRITE, &info);

	if (!s)
		load_die("%s: %s", path, sf_strerror(NULL));
	sf_command(s, SFC_SET_COMPRESSION_LEVEL, &level, sizeof(level));
	for (unsigned i = 0; i < frames; i++)
		sf_writef_short(s, pcm + (size_t)i * 2 * LOAD_PAYLOAD,
				LOAD_PAYLOAD);
	sf_close(s);
}

static void to_wav(const format *f, const char *path, const int16_t *pcm,
		   unsigned frames)
{
	(void)f;
	to_sndfile(path, SF_FORMAT_WAV, pcm, frames);
}

static void to_flac(const format *f, const char *path, const int16_t *pcm,
		    unsigned frames)
{
	(void)f;
	to_sndfile(path, SF_FORMAT_FLAC, pcm, frames);
}

/* CHUNK frames as lame takes them; gives the octets in `out`. */
static int mp3_chunk(lame_t l, const format *f, const int16_t *pcm,
		     unsigned frames, unsigned char *out, int room)
{
	short *in = (short *)(uintptr_t)pcm;
	int n = (int)MIN(CHUNK, frames) * LOAD_PAYLOAD;

	if (f->channels == 1)
		return lame_encode_buffer(l, in, NULL, n, out, room);
	return lame_encode_buffer_interleaved(l, in, n, out, room);
}

static void to_mp3(const format *f, const char *path, const int16_t *pcm,
		   unsigned frames)
{
	static unsigned char out[1 << 16];
	size_t frame = (size_t)f->channels * LOAD_PAYLOAD;
	lame_t l = lame_init();
	FILE *to = fopen(path, "wb");
	int n;

	lame_set_num_channels(l, f->channels);
	lame_set_in_samplerate(l, RATE);
	lame_set_out_samplerate(l, RATE);
	lame_set_mode(l, f->channels == 1 ? MONO : STEREO);
	lame_set_quality(l, 7);
	lame_set_brate(l, f->kbps);
	if (!to || lame_init_params(l) < 0)
		load_die("%s: lame does not start", path);
	for (unsigned i = 0; i < frames; i += CHUNK) {
		n = mp3_chunk(l, f, pcm + i * frame, frames - i, out,
			      sizeof(out));
		fwrite(out, 1, (size_t)MAX(n, 0), to);
	}
	n = lame_encode_flush(l, out, sizeof(out));
	fwrite(out, 1, (size_t)MAX(n, 0), to);
	fclose(to);
	lame_close(l);
}

static void to_opus(const format *f, const char *path, const int16_t *pcm,
		    unsigned frames)
{
	static const unsigned char mapping[2] = {0, 1};
	unsigned char out[4000];
	FILE *to = fopen(path, "wb");
	int bad;
	OpusMSEncoder *e = opus_multistream_encoder_create(
		RATE, 2, 2, 0, mapping, OPUS_APPLICATION_VOIP, &bad);

	if (!e || !to)
		load_die("%s: opus does not start", path);
	opus_multistream_encoder_ctl(e, OPUS_SET_BITRATE(1000 * f->kbps));
	opus_multistream_encoder_ctl(e, OPUS_SET_COMPLEXITY(0));
	for (unsigned i = 0; i < frames; i++) {
		int n = opus_multistream_encode(
			e, pcm + (size_t)i * 2 * LOAD_PAYLOAD, LOAD_PAYLOAD,
			out, sizeof(out));

		fwrite(out, 1, (size_t)MAX(n, 0), to);
	}
	fclose(to);
	opus_multistream_encoder_destroy(e);
}

static const format formats[] = {
	{"wav", 5000, to_wav, 1, 2, 0},
	{"flac", 2500, to_flac, 1, 2, 0},
	{"mp3", 850, to_mp3, 5, 2, 48},
	{"mp3/32k", 0, to_mp3, 5, 2, 32},
	{"mp3/32k/mono", 0, to_mp3, 5, 1, 32},
	{"opus", 350, to_opus, 5, 2, 48},
	{"opus/24k", 0, to_opus, 5, 2, 24},
};

/* Both parties in one channel, in place. */
static void mix_down(int16_t *pcm, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)CLAMP(pcm[2 * i] + pcm[2 * i + 1], -32768,
					32767);
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static dec_srtp *receiver(unsigned call, call_side side)
{
	uint8_t key[30];
	secret master = {0};
	dec_srtp *s;

	load_key(call, side, key);
	if (!secret_set(&master, span_of(key, sizeof(key))))
		load_die("a key is too long");
	s = dec_srtp_new(dec_suite_find("AES_CM_128_HMAC_SHA1_80"), &master,
			 false);
	secret_clear(&master);
	return s;
}

/* One party's samples into every other place. */
static void decode(const load_media *m, unsigned call, call_side side,
		   int16_t *pcm)
{
	dec_srtp *s = receiver(call, side);
	uint8_t clear[LOAD_SRTP];
	int16_t *to = pcm + side;
	dec_rtp h;
	size_t n;

	for (unsigned i = 0; i < m->packets; i++) {
		span p = load_media_srtp(m, call, side, i);

		if (dec_rtp_parse(p, &h) != DEC_OK ||
		    !dec_srtp_open_rtp(s, p, &h, 0, 0, clear, &n))
			load_die("a packet does not open");
		for (size_t k = h.head; k < n; k++, to += 2)
			*to = ulaw_to_linear(clear[k]);
	}
	dec_srtp_free(s);
}

/* Calls in real time per core. */
static double parts(const load_rig *r, const load_media *m, const format *f,
		    unsigned calls)
{
	g_autofree int16_t *pcm = g_new(int16_t, (size_t)m->packets * 2 *
					LOAD_PAYLOAD);
	g_autofree char *path = load_rig_path(r, "alone");
	double begun = cpu_s();

	for (unsigned c = 0; c < calls; c++) {
		decode(m, c, CALL_CALLER, pcm);
		decode(m, c, CALL_CALLEE, pcm);
		if (f->channels == 1)
			mix_down(pcm, (size_t)m->packets * LOAD_PAYLOAD);
		f->encode(f, path, pcm, m->packets);
		g_remove(path);
	}
	return calls * (m->packets / 50.0) / (cpu_s() - begun);
}

static double ours(const load_rig *r, const load_media *m, const format *f,
		   unsigned calls, const GPtrArray *journals, uint64_t *rss)
{
	g_autofree char *out = load_rig_path(r, "recordings");
	g_autofree char *log = load_rig_path(r, "render.log");
	g_autofree char *key = load_rig_path(r, "recorder.key");
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	char *const head[] = {r->program, "replay", "--key", key, "--out", out,
			      "--format", (char *)(uintptr_t)f->name};
	load_run u;

	for (size_t i = 0; i < G_N_ELEMENTS(head); i++)
		g_ptr_array_add(argv, head[i]);
	for (unsigned i = 0; i < calls; i++) {
		g_ptr_array_add(argv, "--journal");
		g_ptr_array_add(argv, g_ptr_array_index(journals, i));
	}
	g_ptr_array_add(argv, NULL);
	load_run_command((char **)argv->pdata, log, &u);
	load_remove(out);
	*rss = u.rss;
	return calls * (m->packets / 50.0) / u.cpu_s;
}

static void add_step(GString *log, unsigned call, load_step step, double at)
{
	g_autofree char *text = load_talk(call, step);

	g_string_append_printf(log, "### %.6f call %u\n%s\n", at, call, text);
}

/* The capture into journals, by replay itself. */
static GPtrArray *make_journals(const load_rig *r, const load_media *m,
				const char *pcap)
{
	g_autofree char *dir = load_rig_path(r, "journals");
	g_autofree char *key = load_rig_path(r, "recorder.key");
	g_autofree char *sig = load_rig_path(r, "signalling.txt");
	g_autofree char *log = load_rig_path(r, "replay.log");
	GString *text = g_string_new(NULL);
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	const char *name;
	load_run u;
	GDir *d;

	for (load_step s = LOAD_INVITE; s < LOAD_STEPS; s++)
		for (unsigned c = 0; c < m->calls; c++)
			add_step(text, c, s, s == LOAD_BYE
				 ? BEGIN_S + m->packets * .02 + .1
				 : BEGIN_S - .5 + .1 * s);
	if (!g_file_set_contents(sig, text->str, (gssize)text->len, NULL))
		load_die("%s: cannot be written", sig);
	g_string_free(text, TRUE);
	load_run_command((char *[]){r->program, "replay", "--signalling", sig,
			 "--media", (char *)(uintptr_t)pcap, "--list",
			 "--keep-journal", dir, "--key", key, NULL}, log, &u);
	d = g_dir_open(dir, 0, NULL);
	while (d && (name = g_dir_read_name(d)))
		g_ptr_array_add(all, g_build_filename(dir, name, NULL));
	if (d)
		g_dir_close(d);
	if (all->len != m->calls)
		load_die("%u journals of %u calls", all->len, m->calls);
	return all;
}

int main(void)
{
	load_media m = {.calls = load_env("LOAD_CALLS", 100),
			.packets = 50 * load_env("LOAD_SECONDS", 60)};
	g_autoptr(GPtrArray) journals = NULL;
	g_autofree char *pcap = NULL;
	bool missed = false;
	load_rig rig;

	load_rig_open(&rig, "lo", "wav");
	pcap = load_rig_path(&rig, "edge.pcap");
	load_media_make(&m, pcap, BEGIN_S);
	journals = make_journals(&rig, &m, pcap);
	printf("journals of %u calls of %u s, 8 kHz stereo; calls in real time "
	       "per core; load average %.1f\n%-12s %9s %9s %6s %7s %6s\n",
	       m.calls, m.packets / 50, load_average(), "", "journals",
	       "parts", "ratio", "floor", "MiB");
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		const format *f = &formats[i];
		unsigned calls = MAX(m.calls / f->share, 1);
		uint64_t rss;
		double alone = parts(&rig, &m, f, calls);
		double whole = ours(&rig, &m, f, calls, journals, &rss);

		missed |= whole < f->floor;
		printf("%-12s %9.0f %9.0f %6.2f %7u %6.0f%s\n", f->name, whole,
		       alone, whole / alone, f->floor, (double)rss / 1048576,
		       whole < f->floor ? "  below the floor" : "");
	}
	load_media_free(&m);
	load_rig_close(&rig);
	return missed;
}
