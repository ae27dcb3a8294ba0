/* cmd_replay.c - files in, recordings out: capture and signalling become a
 * journal, and the journal a recording, by the code of the live recorder. */
#include "app/app.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/render.h"
#include "app/session.h"
#include "app/setup.h"
#include "app/sigfile.h"
#include "core/log.h"

enum {
	LATE_KEYS_S = 60,	/* media this much before its description */
	PREROLL_MIB = 256,
	TICK_NS = 100000000,
};

typedef struct replay {
	/* options */
	char *signalling, *out, *layout, *format, *keep;
	char **media, **journals;
	char *key_file;
	double offset;

	char *work;		/* where the journals are */
	GArray *outputs;
	seal_key *key;
	seal_box *box;
	session_writer *sessions;
	tap_calls *calls;
	relay_writer *writer;
	relay_tap *tap;
	sigfile *sig;
	/* the next of each input */
	bool has_message, has_frame;
	clk_both message_at, frame_at;
	span message, frame;
	int link;
	relay_file *file;
	unsigned next_file;
	clk_mono last_tick;
	clk_both now;
	unsigned recorded, partial, others, troubles;
	unsigned refused;	/* not recorded, though packets were there */
} replay;

static bool fail(GError **err, const char *fmt, const char *what)
{
	g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE, fmt, what);
	return false;
}

static void trouble(replay *r, const char *file, const char *what)
{
	fprintf(stderr, "edgetape replay: %s: %s\n", file, what);
	r->troubles++;
}

/* Whoever replays a file wants what is in it. */
static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	(void)f;
	*out = (rec_decision){true, true, true, span_str("replay"),
			      span_str("every call of a replay is rendered")};
	return true;
}

static void arm(void *user, const char *call, span message, bool ended)
{
	replay *r = user;
	call_half *h;
	jrn_rec rec;
	span name;

	if (!rec_arm_get(message, &name, &rec))
		return;
	if (ended) {
		relay_disarm(r->tap, call, rec.at);
		return;
	}
	h = rec_half_get(rec.payload);
	if (h)
		relay_arm(r->tap, call, h, rec.at);
	call_half_free(h);
}

/* ---- reading ---- */

static void next_message(replay *r)
{
	r->has_message = sigfile_next(r->sig, &r->message_at, &r->message);
	r->message_at.mono.ns += (int64_t)(r->offset * 1e9);
	r->message_at.wall.ns += (int64_t)(r->offset * 1e9);
}

static bool open_next(replay *r, GError **err)
{
	if (!r->media[r->next_file])
		return true;
	r->file = relay_file_open(r->media[r->next_file], err);
	return r->file != NULL;
}

static bool next_frame(replay *r, GError **err)
{
	r->has_frame = false;
	while (r->file) {
		if (relay_file_next(r->file, &r->link, &r->frame,
				    &r->frame_at) == RELAY_NEXT_FRAME) {
			r->has_frame = true;
			return true;
		}
		if (relay_file_trouble(r->file))
			trouble(r, r->media[r->next_file],
				relay_file_trouble(r->file));
		g_clear_pointer(&r->file, relay_file_free);
		r->next_file++;
		if (!open_next(r, err))
			return false;
	}
	return true;
}

static void give_message(replay *r)
{
	static const tap_source source = {{(const uint8_t *)"replay", 6},
					  false};
	tap_answer answer;

	r->now = r->message_at;
	tap_calls_message(r->calls, r->now, &source, r->message, &answer);
	next_message(r);
}

static bool give_frame(replay *r, GError **err)
{
	r->now = r->frame_at;
	relay_frame(r->tap, r->link, r->frame, r->now);
	return next_frame(r, err);
}

static bool tick(replay *r, GError **err)
{
	if (clk_since(r->now.mono, r->last_tick) < TICK_NS)
		return true;
	r->last_tick = r->now.mono;
	relay_tick(r->tap, r->now);
	return relay_writer_tick(r->writer, r->now, err);
}

/* Both inputs in the order of their times. */
static bool read_all(replay *r, GError **err)
{
	next_message(r);
	if (!open_next(r, err) || !next_frame(r, err))
		return false;
	while (r->has_message || r->has_frame) {
		if (r->has_message &&
		    (!r->has_frame ||
		     r->message_at.mono.ns <= r->frame_at.mono.ns))
			give_message(r);
		else if (!give_frame(r, err))
			return false;
		if (!tick(r, err))
			return false;
	}
	if (sigfile_trouble(r->sig))
		trouble(r, r->signalling, sigfile_trouble(r->sig));
	if (sigfile_count(r->sig) == 0)
		return fail(err, "%s: there is no SIP message in it",
			    r->signalling);
	return true;
}

static bool make_journals(replay *r, GError **err)
{
	relay_writer_config writer = {.spool = r->work};
	session_config session = {.spool = r->work, .arm = arm, .arm_user = r};
	tap_config calls = {.decide = decide, .sink = session_writer_sink};
	relay_config relay;
	bool ok;

	r->sig = sigfile_open(r->signalling, err);
	r->box = r->sig ? seal_key_box(r->key, err) : NULL;
	r->writer = r->box ? relay_writer_new(&writer, err) : NULL;
	if (!r->writer)
		return false;
	relay_config_init(&relay);
	relay.preroll_ns = LATE_KEYS_S * CLK_NS_PER_S;
	relay.preroll_bytes = (size_t)PREROLL_MIB << 20;
	r->tap = relay_new(&relay, &relay_writer_sink, r->writer);
	session.box = r->box;
	r->sessions = session_writer_new(&session);
	calls.sink_user = r->sessions;
	r->calls = tap_calls_new(&calls);
	ok = read_all(r, err);
	tap_calls_end_all(r->calls, r->now);
	g_clear_pointer(&r->calls, tap_calls_free);
	g_clear_pointer(&r->sessions, session_writer_free);
	relay_free(r->tap, r->now);
	return ok && relay_writer_flush(r->writer, err);
}

/* ---- rendering ---- */

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
		g_ptr_array_add(a, g_build_filename(work, name, NULL));
	g_ptr_array_sort(a, by_name);
	return a;
}

static void tell(replay *r, const render_result *o)
{
	const char *caller = story_party(o->story, "caller");
	const char *callee = story_party(o->story, "callee");

	if (!strcmp(o->outcome, "RECORDED")) {
		r->recorded++;
	} else if (!strcmp(o->outcome, "PARTIAL")) {
		r->partial++;
	} else {
		r->others++;
		r->refused += o->packets > 0;
	}
	printf("%s  %s -> %s  %.2f s  %s%s%s\n", o->story->call_id,
	       *caller ? caller : "?", *callee ? callee : "?",
	       (double)o->mix.duration / 1e9, o->outcome, *o->why ? ": " : "",
	       o->why);
	printf("  captured %" G_GUINT64_FORMAT ", media %" G_GUINT64_FORMAT
	       ", rtcp %" G_GUINT64_FORMAT ", authentication failures %"
	       G_GUINT64_FORMAT ", gaps %u\n",
	       o->packets, o->dec.fate[DEC_MEDIA], o->dec.fate[DEC_CONTROL],
	       o->dec.fate[DEC_AUTH_FAIL] + o->dec.fate[DEC_NO_KEY],
	       o->gaps->len);
	for (guint i = 0; o->mix.files && i < o->mix.files->len; i++) {
		const mix_file *f = &g_array_index(o->mix.files, mix_file, i);

		printf("  %s  sha256 %s\n", f->path, f->sha256);
	}
	printf("  %s\n", o->sidecar);
}

static bool render_dir(replay *r, const render_config *cfg, const char *dir,
		       GError **err)
{
	g_autoptr(render_call) c = render_whole(cfg, dir, err);

	if (!c)
		return false;
	tell(r, render_call_result(c));
	return true;
}

static bool render_all(replay *r, GPtrArray *dirs, GError **err)
{
	render_config cfg = {
		.key = r->key,
		.recordings = r->out,
		.pattern = "{date}-{time}_{caller}_{callee}",
		.outputs = (const mix_output *)(void *)r->outputs->data,
		.n_outputs = r->outputs->len,
		.dec = dec_config_default(),
	};

	for (guint i = 0; i < dirs->len; i++)
		if (!render_dir(r, &cfg, g_ptr_array_index(dirs, i), err))
			return false;
	if (dirs->len)
		return true;
	return fail(err, "%s: no call in it has a session description",
		    r->signalling);
}

/* ---- the command ---- */

static void remove_tree(const char *dir)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *p = g_build_filename(dir, name, NULL);

		if (g_file_test(p, G_FILE_TEST_IS_DIR) &&
		    !g_file_test(p, G_FILE_TEST_IS_SYMLINK))
			remove_tree(p);
		else
			g_unlink(p);
	}
	g_rmdir(dir);
}

static bool prepare(replay *r, GError **err)
{
	const char *layouts[] = {"stereo", "mono", "separate"};
	g_auto(GStrv) formats = g_strsplit(r->format ? r->format : "wav", ";",
					   -1);
	unsigned layout = 0;

	while (r->layout && layout < 3 && strcmp(layouts[layout], r->layout))
		layout++;
	if (layout == 3)
		return fail(err, "--layout: \"%s\" is not stereo, mono or "
				 "separate", r->layout);
	r->outputs = setup_outputs(formats, layout, err);
	if (!r->outputs)
		return false;
	if (g_mkdir_with_parents(r->out, 0755) != 0) {
		g_set_error(err, SETUP_ERROR, SETUP_ERROR_VALUE, "%s: %s",
			    r->out, g_strerror(errno));
		return false;
	}
	r->key = r->key_file ? seal_key_open(r->key_file, err)
			     : seal_key_new(err);
	return r->key != NULL;
}

static bool replay_files(replay *r, GError **err)
{
	g_autoptr(GPtrArray) dirs = NULL;
	bool ok;

	r->work = r->keep ? g_strdup(r->keep)
			  : g_build_filename(r->out, ".journal-XXXXXX", NULL);
	if (r->keep ? g_mkdir_with_parents(r->work, 0750) != 0
		    : !g_mkdtemp(r->work))
		return fail(err, "%s: cannot be made", r->work);
	ok = make_journals(r, err);
	if (ok) {
		dirs = call_dirs(r->work);
		ok = render_all(r, dirs, err);
	}
	if (!r->keep)
		remove_tree(r->work);
	return ok;
}

static bool replay_journals(replay *r, GError **err)
{
	g_autoptr(GPtrArray) dirs = g_ptr_array_new_with_free_func(g_free);

	for (char **j = r->journals; *j; j++)
		g_ptr_array_add(dirs, g_canonicalize_filename(*j, NULL));
	return render_all(r, dirs, err);
}

static void clear(replay *r)
{
	tap_calls_free(r->calls);
	session_writer_free(r->sessions);
	relay_writer_free(r->writer);
	relay_file_free(r->file);
	sigfile_free(r->sig);
	seal_box_free(r->box);
	seal_key_free(r->key);
	g_clear_pointer(&r->outputs, g_array_unref);
	g_free(r->work);
}

static bool asked_rightly(const replay *r)
{
	const char *why = NULL;

	if (!r->out)
		why = "--out is missing";
	else if (r->journals && (r->signalling || r->media))
		why = "--journal goes without --signalling and --media";
	else if (r->journals && !r->key_file)
		why = "--journal needs --key, the recorder's private key";
	else if (!r->journals && (!r->signalling || !r->media))
		why = "--signalling and --media are missing";
	if (why)
		fprintf(stderr, "edgetape replay: %s; see --help\n", why);
	return !why;
}

int cmd_replay(int argc, char **argv)
{
	static replay r;
	static const GOptionEntry entries[] = {
		{"signalling", 's', 0, G_OPTION_ARG_FILENAME, &r.signalling,
		 "SIP: a capture, or a text log (### TIME NOTE)", "FILE"},
		{"media", 'm', 0, G_OPTION_ARG_FILENAME_ARRAY, &r.media,
		 "Capture of the edge; may be given again", "FILE"},
		{"journal", 'j', 0, G_OPTION_ARG_FILENAME_ARRAY, &r.journals,
		 "Instead: a call's journal directory; may be given again",
		 "DIR"},
		{"key", 'k', 0, G_OPTION_ARG_FILENAME, &r.key_file,
		 "The recorder's private key, for --journal", "FILE"},
		{"out", 'o', 0, G_OPTION_ARG_FILENAME, &r.out,
		 "Where the recordings go", "DIR"},
		{"format", 'f', 0, G_OPTION_ARG_STRING, &r.format,
		 "wav;mp3;flac;opus;vorbis (wav)", "LIST"},
		{"layout", 'l', 0, G_OPTION_ARG_STRING, &r.layout,
		 "stereo, mono or separate (stereo)", "LAYOUT"},
		{"offset", 0, 0, G_OPTION_ARG_DOUBLE, &r.offset,
		 "Seconds to add to the signalling's times (0)", "SECONDS"},
		{"keep-journal", 0, 0, G_OPTION_ARG_FILENAME, &r.keep,
		 "Keep the journals there; needs --key to be read again",
		 "DIR"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(GError) err = NULL;
	int status;
	bool ok;

	if (!app_options("replay", NULL,
			 "Renders captured calls from files alone. The same "
			 "input gives the same bytes.",
			 entries, &argc, &argv, &status))
		return status;
	if (!asked_rightly(&r))
		return APP_USAGE;
	log_setup("replay", false);
	ok = prepare(&r, &err) &&
	     (r.journals ? replay_journals(&r, &err) : replay_files(&r, &err));
	clear(&r);
	if (!ok)
		return app_fail("replay", err);
	printf("%u recorded, %u partial, %u not recorded\n", r.recorded,
	       r.partial, r.others);
	ok = r.recorded + r.partial && !r.refused && !r.troubles;
	return ok ? APP_OK : APP_FAIL;
}
