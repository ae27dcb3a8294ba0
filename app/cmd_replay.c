/* cmd_replay.c - files in, recordings out. */
#include "app/app.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/explain.h"
#include "app/replay.h"
#include "app/setup.h"
#include "core/log.h"
#include "core/rights.h"
#include "decoder/plugin.h"

typedef struct options {
	char *tls_keys, *out, *layout, *format, *keep, *key, *call, *explain,
		*from, *to;
	char **signalling, **media, **journals, **plugins;
	double offset;
	int rate;
	gboolean list, json, picture, spectrogram, silence_hold, silence_dtmf,
		dtmf_tones, level, early;
} options;

typedef struct outcome_count {
	unsigned recorded, partial, others;
	unsigned refused;	/* not recorded, though packets were there */
} outcome_count;

typedef struct job {
	const options *o;
	render_config cfg;
	GArray *outputs;
	seal_key *key;
	dec_plugins *plugins;
	char *temp;		/* removed at the end; NULL: none */
	GString *json;
	outcome_count count;
	unsigned troubles;
} job;

/* ---- what is told of a call ---- */

static void count(outcome_count *c, const render_result *r)
{
	if (!strcmp(r->outcome, "RECORDED")) {
		c->recorded++;
	} else if (!strcmp(r->outcome, "PARTIAL")) {
		c->partial++;
	} else {
		c->others++;
		c->refused += r->packets > 0;
	}
}

static void tell_files(const render_result *r)
{
	printf("  captured %" G_GUINT64_FORMAT ", media %" G_GUINT64_FORMAT
	       ", rtcp %" G_GUINT64_FORMAT ", authentication failures %"
	       G_GUINT64_FORMAT ", gaps %u\n",
	       r->packets, r->dec.fate[DEC_MEDIA], r->dec.fate[DEC_CONTROL],
	       r->dec.fate[DEC_AUTH_FAIL] + r->dec.fate[DEC_NO_KEY],
	       r->gaps->len);
	for (guint i = 0; r->mix.files && i < r->mix.files->len; i++) {
		const mix_file *f = &g_array_index(r->mix.files, mix_file, i);

		printf("  %s  sha256 %s\n", f->path, f->sha256);
	}
	printf("  %s\n", r->sidecar);
}

/* The sidecars, one after the other, are an array. */
static void add_json(job *j, const render_result *r)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(r->sidecar, &text, NULL, NULL))
		return;
	if (j->json->len)
		g_string_append(j->json, ",\n");
	g_string_append(j->json, text);
}

static void tell(job *j, const render_result *r)
{
	const options *o = j->o;

	count(&j->count, r);
	if (o->json) {
		add_json(j, r);
		return;
	}
	if (o->explain) {
		explain_all(r, stdout);
		return;
	}
	explain_line(r, stdout);
	if (!o->list)
		tell_files(r);
}

/* ---- the work ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *call_dirs(const char *work)
{
	GPtrArray *a = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) d = g_dir_open(work, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d)))
		if (*name != '.')
			g_ptr_array_add(a, g_build_filename(work, name, NULL));
	g_ptr_array_sort(a, by_name);
	return a;
}

static bool render_dirs(job *j, const GPtrArray *dirs, GError **err)
{
	for (guint i = 0; i < dirs->len; i++) {
		g_autoptr(render_call) c = render_whole(
			&j->cfg, g_ptr_array_index(dirs, i), err);

		if (!c)
			return false;
		tell(j, render_call_result(c));
	}
	return true;
}

static bool parse_time(const char *text, clk_wall *out, GError **err)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) t = NULL;

	if (!text)
		return true;
	t = g_date_time_new_from_iso8601(text, utc);
	if (!t)
		return setup_fail(err, "\"%s\" is not a time like "
				 "2026-11-21T22:28:00Z", text);
	out->ns = g_date_time_to_unix(t) * CLK_NS_PER_S;
	return true;
}

static void tell_lines(const GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++)
		fprintf(stderr, "edgetape replay: %s\n",
			(char *)g_ptr_array_index(lines, i));
}

/* Told when somebody may wonder: keys were given, or nothing was found. */
static bool tell_reading(job *j, const replay_totals *t, bool ok)
{
	tell_lines(t->troubles);
	if (j->o->tls_keys || !t->messages)
		tell_lines(t->notes);
	j->troubles = t->troubles->len;
	return ok;
}

static bool found_any(const job *j, const replay_totals *t, GError **err)
{
	const options *o = j->o;
	char **files = o->signalling ? o->signalling : o->media;
	const char *first = files[0];

	if (!t->messages)
		return setup_fail(err, "%s%s: there is no SIP message in it%s",
				  first, files[1] ? " and the others"
							   : "",
				  o->signalling ? "" : "; it may be in another "
						       "file, for --signalling");
	if (t->calls)
		return true;
	if (o->call || o->explain || o->from || o->to)
		return setup_fail(err, "%s: no call in it that was asked for",
				  first);
	return setup_fail(err, "%s: %u SIP messages, but no call with sound or "
			       "video in it", first, t->messages);
}

static bool from_files(job *j, GError **err)
{
	const options *o = j->o;
	g_autofree char *work = o->keep ? g_strdup(o->keep)
					: g_build_filename(j->temp, "journal",
							   NULL);
	replay_plan plan = {
		.signalling = o->signalling,
		.media = o->media,
		.tls_keys = o->tls_keys,
		.work = work,
		.key = j->key,
		.offset_ns = (int64_t)(o->offset * 1e9),
		.call = o->explain ? o->explain : o->call,
		.progress = isatty(STDERR_FILENO),
	};
	g_autoptr(GPtrArray) dirs = NULL;
	replay_totals t;
	bool ok;

	if (!parse_time(o->from, &plan.from, err) ||
	    !parse_time(o->to, &plan.to, err))
		return false;
	if (g_mkdir_with_parents(work, 0750) != 0)
		return setup_fail(err, "%s: cannot be made", work);
	ok = replay_run(&plan, &t, err);
	ok = tell_reading(j, &t, ok) && found_any(j, &t, err);
	g_ptr_array_unref(t.troubles);
	g_ptr_array_unref(t.notes);
	if (!ok)
		return false;
	dirs = call_dirs(work);
	return render_dirs(j, dirs, err);
}

static bool from_journals(job *j, GError **err)
{
	g_autoptr(GPtrArray) dirs = g_ptr_array_new_with_free_func(g_free);

	for (char **p = j->o->journals; *p; p++)
		g_ptr_array_add(dirs, g_canonicalize_filename(*p, NULL));
	return render_dirs(j, dirs, err);
}

static bool make_temp(job *j, GError **err)
{
	const char *below = j->o->out ? j->o->out : g_get_tmp_dir();

	if (g_mkdir_with_parents(below, 0755) != 0) {
		g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE, "%s: %s",
			    below, g_strerror(errno));
		return false;
	}
	j->temp = g_build_filename(below, ".edgetape-XXXXXX", NULL);
	if (g_mkdtemp(j->temp))
		return true;
	g_clear_pointer(&j->temp, g_free);
	return setup_fail(err, "%s: no directory can be made in it", below);
}

static bool load_plugins(job *j, GError **err)
{
	j->plugins = dec_plugins_new();
	for (char **p = j->o->plugins; p && *p; p++)
		if (!dec_plugins_load(j->plugins, *p, err))
			return false;
	return true;
}

static bool prepare(job *j, GError **err)
{
	static const char *const layouts[] = {"stereo", "mono", "separate"};
	const options *o = j->o;
	g_auto(GStrv) formats = g_strsplit(o->format ? o->format : "wav", ";",
					   -1);
	unsigned layout = 0;

	while (o->layout && layout < 3 && strcmp(layouts[layout], o->layout))
		layout++;
	if (layout == 3)
		return setup_fail(err, "--layout: \"%s\" is not stereo, "
				  "mono or separate", o->layout);
	j->outputs = setup_outputs(formats, layout, err);
	if (!j->outputs || !make_temp(j, err) || !load_plugins(j, err))
		return false;
	j->key = o->key ? seal_key_open(o->key, err) : seal_key_new(err);
	j->json = g_string_new(NULL);
	video_quiet();
	render_keep_memory();
	j->cfg = (render_config){
		.key = j->key,
		.recordings = o->out ? o->out : j->temp,
		.pattern = "{date}-{time}_{caller}_{callee}",
		.outputs = (const mix_output *)(void *)j->outputs->data,
		.n_outputs = j->outputs->len,
		.rate = (uint32_t)o->rate,
		.video = "mp4",
		.picture = o->picture,
		.spectrogram = o->spectrogram,
		.mute_hold = o->silence_hold,
		.mute_dtmf = o->silence_dtmf,
		.dtmf_tones = o->dtmf_tones,
		.level = o->level,
		.early_media = o->early,
		.tag_date = true,
		.tag_parties = true,
		.tag_call = true,
		.dec = dec_config_default(),
	};
	j->cfg.dec.plugins = j->plugins;
	return j->key != NULL;
}

static void clear(job *j)
{
	if (j->temp)
		app_remove_tree(j->temp);
	g_free(j->temp);
	g_clear_pointer(&j->outputs, g_array_unref);
	seal_key_free(j->key);
	dec_plugins_free(j->plugins);
	if (j->json)
		g_string_free(j->json, TRUE);
}

/* What would have no effect, or undo another. */
static bool no_clash(const options *o)
{
	return app_no_clash("replay", (const app_clash[]){
		{"--journal", "--signalling", o->journals, o->signalling},
		{"--journal", "--media", o->journals, o->media},
		{"--journal", "--tls-keys", o->journals, o->tls_keys},
		{"--journal", "--keep-journal", o->journals, o->keep},
		{"--journal", "--call", o->journals, o->call},
		{"--journal", "--from", o->journals, o->from},
		{"--journal", "--to", o->journals, o->to},
		{"--journal", "--offset", o->journals, o->offset != 0},
		{"--explain", "--json", o->explain, o->json},
		{"--explain", "--list", o->explain, o->list},
		{"--explain", "--call", o->explain, o->call},
		{0}});
}

static bool asked_rightly(const options *o)
{
	const char *why = NULL;

	if (!o->out && !o->list && !o->explain)
		why = "--out is missing";
	else if (o->journals && !o->key)
		why = "--journal needs --key, the recorder's private key";
	else if (!o->journals && !o->media)
		why = "--media is missing";
	if (why)
		fprintf(stderr, "edgetape replay: %s; see --help\n", why);
	return !why;
}

static int run(const options *o)
{
	g_autoptr(GError) err = NULL;
	job j = {.o = o};
	outcome_count c;
	bool ok;

	ok = prepare(&j, &err) && (o->journals ? from_journals(&j, &err)
					       : from_files(&j, &err));
	c = j.count;
	if (ok && o->json)
		printf("[%s]\n", j.json->str);
	else if (ok && !o->explain)
		printf("%u recorded, %u partial, %u not recorded\n",
		       c.recorded, c.partial, c.others);
	clear(&j);
	if (!ok)
		return app_fail("replay", err);
	/* A call without captured packets is not a failure of a replay, unless
	 * there is no other call. */
	ok = c.recorded + c.partial && !c.refused && !j.troubles;
	return ok ? APP_OK : APP_FAIL;
}

static options opt;

static const GOptionEntry entries[] = {
	{"signalling", 's', 0, G_OPTION_ARG_FILENAME_ARRAY,
	 &opt.signalling,
	 "SIP, if not in --media: a capture, a trace of a Lync server, or "
	 "another log; several times if needed", "FILE"},
	{"media", 'm', 0, G_OPTION_ARG_FILENAME_ARRAY, &opt.media,
	 "Capture of the edge; several times if needed", "FILE"},
	{"tls-keys", 't', 0, G_OPTION_ARG_FILENAME, &opt.tls_keys,
	 "Key log (SSLKEYLOGFILE) for SIP in TLS", "FILE"},
	{"journal", 'j', 0, G_OPTION_ARG_FILENAME_ARRAY, &opt.journals,
	 "Instead: a call's journal directory; several times if needed",
	 "DIR"},
	{"key", 'k', 0, G_OPTION_ARG_FILENAME, &opt.key,
	 "The recorder's private key, for --journal", "FILE"},
	{"out", 'o', 0, G_OPTION_ARG_FILENAME, &opt.out,
	 "Where the recordings go", "DIR"},
	{"format", 'f', 0, G_OPTION_ARG_STRING, &opt.format,
	 "wav;wav-ulaw;rf64;mp3/vbr/mono;flac;opus/24k;vorbis (wav)", "LIST"},
	{"layout", 'l', 0, G_OPTION_ARG_STRING, &opt.layout,
	 "stereo, mono or separate: one file per speaker (stereo)", "LAYOUT"},
	{"rate", 'r', 0, G_OPTION_ARG_INT, &opt.rate,
	 "Sampling rate (0: the highest of the call)", "HZ"},
	{"picture", 0, 0, G_OPTION_ARG_NONE, &opt.picture,
	 "Make a picture of each recording's waveform", NULL},
	{"spectrogram", 0, 0, G_OPTION_ARG_NONE, &opt.spectrogram,
	 "Make a picture of the frequencies heard", NULL},
	{"silence-hold", 0, 0, G_OPTION_ARG_NONE, &opt.silence_hold,
	 "Silence while a party is on hold or transferred", NULL},
	{"silence-dtmf", 0, 0, G_OPTION_ARG_NONE, &opt.silence_dtmf,
	 "Silence where a key was pressed", NULL},
	{"dtmf-tones", 0, 0, G_OPTION_ARG_NONE, &opt.dtmf_tones,
	 "Tones for keys that were sent as events only", NULL},
	{"even-level", 0, 0, G_OPTION_ARG_NONE, &opt.level,
	 "Bring each party to the same loudness", NULL},
	{"early-media", 0, 0, G_OPTION_ARG_NONE, &opt.early,
	 "Begin with the first media, before the answer", NULL},
	{"list", 0, 0, G_OPTION_ARG_NONE, &opt.list,
	 "Show the calls and their outcomes; without --out no files are kept",
	 NULL},
	{"explain", 0, 0, G_OPTION_ARG_STRING, &opt.explain,
	 "Show everything about the calls with this Call-ID (* and ? match "
	 "any)",
	 "CALL-ID"},
	{"call", 0, 0, G_OPTION_ARG_STRING, &opt.call,
	 "Only calls with this Call-ID (* and ? match any)", "CALL-ID"},
	{"from", 0, 0, G_OPTION_ARG_STRING, &opt.from,
	 "Only calls that began at this time or later", "TIME"},
	{"to", 0, 0, G_OPTION_ARG_STRING, &opt.to,
	 "Only calls that began before this time", "TIME"},
	{"json", 0, 0, G_OPTION_ARG_NONE, &opt.json,
	 "Print the sidecars as one JSON array", NULL},
	{"codec-plugin", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt.plugins,
	 "A shared object with more decoders; several times if needed",
	 "FILE"},
	{"offset", 0, 0, G_OPTION_ARG_DOUBLE, &opt.offset,
	 "Seconds to add to the signalling's times (0)", "SECONDS"},
	{"keep-journal", 0, 0, G_OPTION_ARG_FILENAME, &opt.keep,
	 "Keep the journals in DIR; needs --key to be read again",
	 "DIR"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

int cmd_replay(int argc, char **argv)
{
	int status;

	if (!app_options("replay", NULL,
			 "Renders captured calls from files alone. The same "
			 "input gives the same bytes.",
			 entries, &argc, &argv, &status))
		return status;
	if (!app_no_words("replay", argc, argv) || !no_clash(&opt) ||
	    !asked_rightly(&opt))
		return APP_USAGE;
	log_setup("replay", false);
	rights_hide_memory();	/* the keys of the calls are in it */
	return run(&opt);
}
