/* `edgetape replay` of a captured edge: LOAD_CALLS two-party G.711 calls of
 * LOAD_SECONDS, under SDES-SRTP in ChannelData, with their SIP, to WAV. Beside
 * it tshark, where it is installed: it takes the first packets of the same file
 * out of their ChannelData and sorts them into RTP streams with their losses
 * and jitter (rtp,streams). That is without keys, sound and files, so it is a
 * limit for a reader of headers and no equal; edgetape's figure is for all of
 * its work. CPU seconds count; the wall clock also sees whoever else uses the
 * machine. With LOAD_FOREIGN, so many frames of others' traffic stand behind
 * each packet: media that no call claims, and TCP with holes. */
#include <stdio.h>
#include <string.h>

#include "core/put.h"
#include "tests/load/media.h"
#include "tests/load/talk.h"

enum {
	BEGIN_S = 1700000000,
	RSS_MIB = 100,
	RSS_FOREIGN_MIB = 256,
	FOREIGN = 1400,		/* octets of a foreign frame */
};

/* xorshift32, the same everywhere. */
static uint32_t roll(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Ethernet and IPv4 of one of half a million flows to one host. */
static void put_head(put *o, uint8_t proto, uint32_t n)
{
	const uint8_t ethernet[] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 8, 0};

	put_bytes(o, ethernet, sizeof(ethernet));
	put_u16(o, 0x4500);
	put_u16(o, FOREIGN - sizeof(ethernet));
	put_u32(o, 0);
	put_u16(o, (uint16_t)(64 << 8 | proto));
	put_u16(o, 0);
	put_u32(o, 0x0a000000 | (n & 0xffff));
	put_u32(o, 0x0a080808);
	put_u16(o, (uint16_t)(n >> 29 | 0x9000));
	put_u16(o, (uint16_t)(n >> 12 | 0x4000));
}

static void put_foreign(put *o, bool tcp, uint32_t n, uint32_t random)
{
	put_head(o, tcp ? 6 : 17, n);
	if (tcp) {
		put_u32(o, random);
		put_u32(o, 0);
		put_u32(o, 0x50182000);
		put_u32(o, 0);
		return;
	}
	put_u16(o, FOREIGN - 34);
	put_u16(o, 0);
	put_u32(o, 0x80000000 | (random & 0xffff));
	put_u32(o, random);
	put_u32(o, n);
}

/* A copy of the capture with the traffic of others in it. */
static char *add_foreign(const load_rig *r, const load_media *m, unsigned k)
{
	char *path = load_rig_path(r, "foreign.pcap");
	uint8_t rec[16 + FOREIGN] = {0};
	FILE *f = fopen(path, "wb");
	uint32_t dice = 1;
	size_t at = LOAD_PCAP_HEAD;

	if (!f || fwrite(m->pcap, at, 1, f) != 1)
		load_die("%s: cannot be written", path);
	for (; at < m->size; at += LOAD_PCAP_REC) {
		const uint32_t size[2] = {FOREIGN, FOREIGN};

		fwrite(m->pcap + at, LOAD_PCAP_REC, 1, f);
		memcpy(rec, m->pcap + at, 8);
		memcpy(rec + 8, size, sizeof(size));
		for (unsigned i = 0; i < k; i++) {
			put o = put_into(rec + 16, FOREIGN);
			const uint32_t n = roll(&dice);

			put_foreign(&o, i % 2, n, roll(&dice));
			fwrite(rec, sizeof(rec), 1, f);
		}
	}
	if (fclose(f) != 0)
		load_die("%s: cannot be written", path);
	return path;
}

static void add_step(GString *log, unsigned call, load_step step, double at)
{
	g_autofree char *m = load_talk(call, step);

	g_string_append_printf(log, "### %.6f call %u\n%s\n", at, call, m);
}

static char *write_signalling(const load_rig *r, const load_media *m)
{
	GString *log = g_string_new(NULL);
	char *path = load_rig_path(r, "signalling.txt");
	double end = BEGIN_S + (m->packets + 5) * LOAD_PACKET_MS / 1000.0;

	for (load_step s = LOAD_INVITE; s < LOAD_STEPS; s++)
		for (unsigned c = 0; c < m->calls; c++)
			add_step(log, c, s, s == LOAD_BYE ? end :
				 BEGIN_S - 0.5 + 0.1 * s);
	if (!g_file_set_contents(path, log->str, (gssize)log->len, NULL))
		load_die("%s: cannot be written", path);
	g_string_free(log, TRUE);
	return path;
}

static void tell(const char *what, const load_run *u, double packets,
		 double calls_s)
{
	printf("%-36s %7.2f %7.2f %7.0f %9.0f %9.0f\n", what, u->cpu_s,
	       u->wall_s, (double)u->rss / 1048576, packets / u->cpu_s / 1000,
	       calls_s / u->cpu_s);
}

/* The last line of the log says what became of the calls. */
static void check(const char *log, unsigned calls)
{
	g_autofree char *want = g_strdup_printf("%u recorded, 0 partial, "
						"0 not recorded", calls);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(log, &text, NULL, NULL) ||
	    !strstr(text, want))
		load_die("not every call was recorded; see %s", log);
}

static void others(const char *pcap, const char *log, double packets,
		   double calls_s)
{
	g_autofree char *tshark = g_find_program_in_path("tshark");
	char *argv[] = {tshark, "-n", "-q", "-c", "200000",
			"--enable-heuristic", "rtp_stun", "-z", "rtp,streams",
			"-r", (char *)(uintptr_t)pcap, NULL};
	double share = MIN(1, 200000 / packets);
	load_run u;

	if (!tshark) {
		puts("tshark is not installed: no row for it");
		return;
	}
	load_run_command(argv, log, &u);
	tell("tshark rtp,streams, 200,000 packets", &u, packets * share,
	     calls_s * share);
}

int main(void)
{
	load_media m = {.calls = load_env("LOAD_CALLS", 500),
			.packets = 50 * load_env("LOAD_SECONDS", 60)};
	double packets = 2.0 * m.calls * m.packets;
	double calls_s = (double)m.calls * m.packets / 50;
	g_autofree char *pcap = NULL, *log = NULL, *out = NULL, *sig = NULL;
	const unsigned foreign = load_env("LOAD_FOREIGN", 0);
	const unsigned most = foreign ? RSS_FOREIGN_MIB : RSS_MIB;
	uint64_t rss;
	load_rig rig;
	load_run u;

	load_rig_open(&rig, "lo", "wav");
	pcap = load_rig_path(&rig, "edge.pcap");
	log = load_rig_path(&rig, "replay.log");
	out = load_rig_path(&rig, "recordings");
	sig = write_signalling(&rig, &m);
	load_media_make(&m, pcap, BEGIN_S);
	printf("%u calls of %u s, %.0f packets, %zu MiB; load average %.1f\n"
	       "%-36s %7s %7s %7s %9s %9s\n", m.calls, m.packets / 50, packets,
	       m.size >> 20, load_average(), "", "CPU s", "wall s", "MiB",
	       "kpkt/cpu", "calls/core");
	if (foreign) {
		g_free(pcap);
		pcap = add_foreign(&rig, &m, foreign);
		printf("and %.0f frames of others, %u octets each\n",
		       packets * foreign, FOREIGN);
	}
	load_media_free(&m);
	load_run_command((char *[]){rig.program, "replay", "--signalling", sig,
				    "--media", pcap, "--out", out, NULL}, log,
			 &u);
	check(log, m.calls);
	tell("edgetape replay, to WAV", &u, packets, calls_s);
	rss = u.rss;
	load_remove(out);
	others(pcap, log, packets, calls_s);
	if (rss >> 20 > most)
		printf("more than %u MiB of memory\n", most);
	load_rig_close(&rig);
	return rss >> 20 > most;
}
