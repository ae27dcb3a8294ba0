/* cmd_play.c - to listen to a recording. */
#include "app/officer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/holding.h"
#include "vault/vault.h"

static struct {
	char *format, *player;
	gboolean to_stdout;
} opt;

static const GOptionEntry entries[] = {
	{"format", 0, 0, G_OPTION_ARG_FILENAME, &opt.format,
	 "Which of several files: flac, mp3, ... (wav)",
	 "FORMAT"},
	{"stdout", 0, 0, G_OPTION_ARG_NONE, &opt.to_stdout,
	 "Write the file to standard output, for a player in a pipe", NULL},
	{"player", 0, 0, G_OPTION_ARG_FILENAME, &opt.player,
	 "Program that plays the file (EDGETAPE_PLAYER, else ffplay, mpv, "
	 "play, paplay or aplay)", "COMMAND"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* The words of a command for the file, NULL at the end; NULL: no player. */
static char **player_words(const char *file, GError **err)
{
	static const char *const known[] = {
		"ffplay -nodisp -autoexit -loglevel error",
		"mpv --no-video --really-quiet",
		"play -q", "paplay", "aplay -q",
	};
	const char *command = opt.player ? opt.player
					 : g_getenv("EDGETAPE_PLAYER");
	g_auto(GStrv) words = NULL;
	GPtrArray *all = g_ptr_array_new();

	for (size_t i = 0; !command && i < G_N_ELEMENTS(known); i++) {
		g_auto(GStrv) first = g_strsplit(known[i], " ", 2);
		g_autofree char *path = g_find_program_in_path(first[0]);

		command = path ? known[i] : NULL;
	}
	if (!command)
		g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
			    "there is no player here; name one with --player, "
			    "or use --stdout");
	if (!command || !g_shell_parse_argv(command, NULL, &words, err)) {
		g_ptr_array_unref(all);
		return NULL;
	}
	for (char **w = words; *w; w++)
		g_ptr_array_add(all, g_strdup(*w));
	g_ptr_array_add(all, g_strdup(file));
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

static bool play_file(const char *file, GError **err)
{
	g_auto(GStrv) argv = player_words(file, err);
	int status = 0;

	return argv &&
	       g_spawn_sync(NULL, argv, NULL,
			    G_SPAWN_SEARCH_PATH |
				    G_SPAWN_CHILD_INHERITS_STDIN,
			    NULL, NULL, NULL, NULL, &status, err) &&
	       g_spawn_check_wait_status(status, err);
}

static bool pour(const char *file, GError **err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char block[65536];
	ssize_t n = 0;

	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0)
		if (fwrite(block, 1, (size_t)n, stdout) != (size_t)n)
			break;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && n == 0 && fflush(stdout) == 0)
		return true;
	g_set_error(err, VLT_ERROR, VLT_ERROR_FILE, "%s: it could not be "
		    "handed over whole", file);
	return false;
}

/* Sound that has a SHA-256. */
static const holding_file *file_of(const holding *h, const char *format)
{
	for (guint i = 0; i < h->files->len; i++) {
		const holding_file *f = &g_array_index(h->files, holding_file,
						       i);
		const char *dot = strrchr(f->path, '.');

		if (f->sha256 && dot &&
		    (!format || !g_ascii_strcasecmp(dot + 1, format)))
			return f;
	}
	return NULL;
}

/* What every player knows comes first. */
static const holding_file *file_find(const holding *h)
{
	const holding_file *f = file_of(h, opt.format ? opt.format : "wav");

	return f || opt.format ? f : file_of(h, NULL);
}

static bool whole(const holding_file *f, GError **err)
{
	char hash[VLT_HASH];

	if (!vlt_hash(f->path, hash, err))
		return false;
	if (!strcmp(hash, f->sha256))
		return true;
	g_set_error(err, VLT_ERROR, VLT_ERROR_CHANGED,
		    "%s is not what was recorded: its SHA-256 was %s and is %s",
		    f->path, f->sha256, hash);
	return false;
}

static int play(officer *o, char **args, GError **err)
{
	g_autoptr(cat_entry) e = NULL;
	g_autoptr(holding) h = NULL;
	const holding_file *f;

	if (!app_no_clash("play", (const app_clash[]){
		    {"--stdout", "--player", opt.to_stdout, opt.player},
		    {0}}) ||
	    !officer_form_free(o, opt.to_stdout ? "--stdout" : "playing"))
		return APP_USAGE;
	if (opt.to_stdout && isatty(STDOUT_FILENO)) {
		fprintf(stderr, "edgetape play: sound does not go to a "
				"terminal: use a pipe, or no --stdout\n");
		return APP_USAGE;
	}
	e = cat_ledger_get(o->db, args[0], err);
	if (!e)
		return APP_FAIL;
	h = holding_new(o->conf, e);
	f = e->expired_ms ? NULL : file_find(h);
	if (!f) {
		holding_absent(e, opt.format, "sound", err);
		return APP_FAIL;
	}
	if (!whole(f, err) ||
	    !cat_audit_add(o->db, &o->actor, o->now, "call played", e->name,
			   err))
		return APP_FAIL;
	if ((opt.to_stdout ? pour : play_file)(f->path, err))
		return APP_OK;
	cat_audit_add(o->db, &o->actor, o->now, "play failed", e->name, NULL);
	return APP_FAIL;
}

int cmd_play(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"CALL", "", "play its recording, or write it to --stdout",
		 1, 1,
		 play, NULL},
	};

	return officer_run("play", "Plays a recording, and notes in the audit "
				   "log who did.",
			   verbs, G_N_ELEMENTS(verbs), entries, argc, argv);
}
