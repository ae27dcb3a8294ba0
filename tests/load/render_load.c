/* Whole call journals to files by `edgetape replay --journal`, beside the parts
 * alone on the same packets (parts.h). "Calls" are in real time per core, from
 * CPU seconds. LOAD_CALLS for WAV and FLAC; a fifth for the others. */
#include <stdio.h>

#include "tests/load/parts.h"
#include "tests/load/talk.h"

enum { BEGIN_S = 1700000000 };

/* Calls in real time per core. */
static double ours(const load_rig *r, const load_media *m,
		   const load_format *f, unsigned calls,
		   const GPtrArray *journals, uint64_t *rss)
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
	g_autofree char *pcap = NULL, *alone_path = NULL;
	bool missed = false;
	load_rig rig;

	load_rig_open(&rig, "lo", "wav");
	pcap = load_rig_path(&rig, "edge.pcap");
	alone_path = load_rig_path(&rig, "alone");
	load_media_make(&m, pcap, BEGIN_S);
	journals = make_journals(&rig, &m, pcap);
	printf("journals of %u calls of %u s, 8 kHz stereo; calls in real time "
	       "per core; load average %.1f\n%-12s %9s %9s %6s %7s %6s\n",
	       m.calls, m.packets / 50, load_average(), "", "journals",
	       "parts", "ratio", "floor", "MiB");
	for (unsigned i = 0; i < LOAD_FORMATS; i++) {
		const load_format *f = load_format_at(i);
		unsigned calls = MAX(m.calls / f->share, 1);
		uint64_t rss;
		double alone = load_parts(&m, f, calls, alone_path);
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
