/* `edgetape replay` of a captured edge: LOAD_CALLS two-party G.711 calls of
 * LOAD_SECONDS, under SDES-SRTP in ChannelData, with their SIP, to WAV. Beside
 * it tshark, where it is installed: it is made to dissect the first packets of
 * the same file (io,phs), which is without keys, sound and files, so it is a
 * limit for a reader of headers and no equal. CPU seconds count; the wall
 * clock also sees whoever else uses the machine. */
#include <stdio.h>
#include <string.h>

#include "tests/load/media.h"
#include "tests/load/talk.h"

enum { BEGIN_S = 1700000000, RSS_MIB = 100 };

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
	printf("%-34s %7.2f %7.2f %7.0f %9.0f %9.0f\n", what, u->cpu_s,
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
	char *argv[] = {tshark, "-n", "-q", "-c", "200000", "-z", "io,phs",
			"-r", (char *)(uintptr_t)pcap, NULL};
	double share = MIN(1, 200000 / packets);
	load_run u;

	if (!tshark) {
		puts("tshark is not installed: no row for it");
		return;
	}
	load_run_command(argv, log, &u);
	tell("tshark -z io,phs, 200,000 packets", &u, packets * share,
	     calls_s * share);
}

int main(void)
{
	load_media m = {.calls = load_env("LOAD_CALLS", 500),
			.packets = 50 * load_env("LOAD_SECONDS", 60)};
	double packets = 2.0 * m.calls * m.packets;
	double calls_s = (double)m.calls * m.packets / 50;
	g_autofree char *pcap = NULL, *log = NULL, *out = NULL, *sig = NULL;
	load_rig rig;
	load_run u;

	load_rig_open(&rig, "lo", "wav");
	pcap = load_rig_path(&rig, "edge.pcap");
	log = load_rig_path(&rig, "replay.log");
	out = load_rig_path(&rig, "recordings");
	sig = write_signalling(&rig, &m);
	load_media_make(&m, pcap, BEGIN_S);
	printf("%u calls of %u s, %.0f packets, %zu MiB; load average %.1f\n"
	       "%-34s %7s %7s %7s %9s %9s\n", m.calls, m.packets / 50, packets,
	       m.size >> 20, load_average(), "", "CPU s", "wall s", "MiB",
	       "kpkt/cpu", "calls/core");
	load_media_free(&m);
	load_run_command((char *[]){rig.program, "replay", "--signalling", sig,
				    "--media", pcap, "--out", out, NULL}, log,
			 &u);
	check(log, m.calls);
	tell("edgetape replay, to WAV", &u, packets, calls_s);
	load_remove(out);
	others(pcap, log, packets, calls_s);
	if (u.rss >> 20 > RSS_MIB)
		printf("more than %d MiB of memory\n", RSS_MIB);
	load_rig_close(&rig);
	return u.rss >> 20 > RSS_MIB;
}
