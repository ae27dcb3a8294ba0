#include "app/app.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/confine.h"
#include "core/log.h"
#include "core/rights.h"

int app_fail(const char *name, const GError *err)
{
	fprintf(stderr, "edgetape %s: %s\n", name, err->message);
	return APP_FAIL;
}

bool app_options(const char *name, const char *args, const char *help,
		 const GOptionEntry *entries, int *argc, char ***argv,
		 int *status)
{
	g_autoptr(GOptionContext) o = g_option_context_new(args);
	g_autoptr(GError) err = NULL;
	g_autofree char *prog = g_strconcat("edgetape ", name, NULL);

	g_set_prgname(prog);
	g_option_context_set_summary(o, help);
	g_option_context_add_main_entries(o, entries, NULL);
	*status = APP_USAGE;
	if (g_option_context_parse(o, argc, argv, &err))
		return true;
	fprintf(stderr, "%s: %s; see %s --help\n", prog, err->message, prog);
	return false;
}

bool app_no_words(const char *name, int argc, char **argv)
{
	if (argc > 1)
		fprintf(stderr, "edgetape %s: what is \"%s\"? See edgetape %s "
				"--help\n", name, argv[1], name);
	return argc <= 1;
}

bool app_no_clash(const char *name, const app_clash *all)
{
	for (; all->a; all++) {
		if (!all->has_a || !all->has_b)
			continue;
		fprintf(stderr, "edgetape %s: %s and %s exclude each other; "
				"see edgetape %s --help\n", name, all->a,
			all->b, name);
		return false;
	}
	return true;
}

conf *app_conf(const char *name, const char *path)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	conf *c = conf_load(path, errors);

	for (guint i = 0; i < errors->len; i++)
		fprintf(stderr, "edgetape %s: %s\n", name,
			(char *)g_ptr_array_index(errors, i));
	return c;
}

/* A call in progress holds up to four files; 1,024 were soon used up. */
static void allow_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

bool app_role_start(app_role *role, const char *name, const char *help,
		    int argc, char **argv, int *status)
{
	static char *path;
	static gboolean debug;
	static const GOptionEntry entries[] = {
		{"config", 'c', 0, G_OPTION_ARG_FILENAME, &path,
		 "Configuration (/etc/edgetape/edgetape.conf)", "FILE"},
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, &debug,
		 "Log debug messages too", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};

	if (!app_options(name, NULL, help, entries, &argc, &argv, status))
		return false;
	if (!app_no_words(name, argc, argv))
		return false;
	role->debug = debug;
	role->conf = app_conf(
		name, path ? path : APP_CONF);
	*status = APP_FAIL;
	if (!role->conf)
		return false;
	/* Keys pass through memory here: no core dump, no other reader. */
	rights_hide_memory();
	prctl(PR_SET_DUMPABLE, 0);
	allow_files();
	log_setup(name, debug);
	return true;
}

char *app_run_lock(const conf *c)
{
	return g_build_filename(conf_text(c, CONF_RUN), "run.lock", NULL);
}

void app_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

static gboolean on_stop(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

typedef struct hup {
	void (*reload)(void *);
	void *user;
} hup;

static gboolean on_hup(gpointer p)
{
	hup *h = p;

	if (h->reload)
		h->reload(h->user);
	return G_SOURCE_CONTINUE;
}

void app_loop_run(GMainLoop *loop, void (*reload)(void *), void *user)
{
	hup h = {reload, user};
	guint sources[] = {
		g_unix_signal_add(SIGTERM, on_stop, loop),
		g_unix_signal_add(SIGINT, on_stop, loop),
		g_unix_signal_add(SIGHUP, on_hup, &h),
	};

	g_main_loop_run(loop);
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
		g_source_remove(sources[i]);
}

static bool make_dirs(const conf *c, GError **err)
{
	static const conf_id dirs[] = {CONF_SPOOL, CONF_RECORDINGS, CONF_RUN};
	const char *user = conf_text(c, CONF_USER);
	g_autofree char *catalog =
		g_path_get_dirname(conf_text(c, CONF_CATALOG));

	for (size_t i = 0; i < G_N_ELEMENTS(dirs); i++)
		if (!rights_mkdir(conf_text(c, dirs[i]), user, err))
			return false;
	return rights_mkdir(catalog, user, err);
}

/* *rooted says that root could not be given up, and that no parent has reported
 * it already. */
static bool drop(const conf *c, bool raw, bool *rooted, GError **err)
{
	const char *user = conf_text(c, CONF_USER);
	bool root = geteuid() == 0;
	int tied = 0;

	if (root && !make_dirs(c, err))
		return false;
	/* Changing the user unties a child from its parent's life. */
	prctl(PR_GET_PDEATHSIG, &tied);
	if (!rights_become(user, raw, err))
		return false;
	prctl(PR_SET_PDEATHSIG, tied);
	*rooted = geteuid() == 0 && !tied;
	return true;
}

static bool drop_aloud(const conf *c, bool raw, GError **err)
{
	bool rooted;

	if (!drop(c, raw, &rooted, err))
		return false;
	if (rooted)
		g_warning("this runs as root, without its capabilities; set "
			  "[edgetape] user");
	return true;
}

bool app_drop(const conf *c, GError **err)
{
	return drop_aloud(c, false, err);
}

bool app_drop_run(const conf *c, GError **err)
{
	return drop_aloud(c, true, err);
}

bool app_drop_quietly(const conf *c, GError **err)
{
	bool rooted;

	return drop(c, false, &rooted, err);
}

bool app_confine(bool network, const char *const *read,
		 const char *const *write, GError **err)
{
	const confine_plan p = {.network = network, .read = read,
				.write = write};

	for (; *write; write++)
		g_mkdir_with_parents(*write, 0750);
	if (!confine_has_landlock())
		g_warning("Landlock is not to be had here: files are kept "
			  "apart by their permissions alone");
	return confine(&p, err);
}

void app_remove_tree(const char *dir)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *p = g_build_filename(dir, name, NULL);

		if (g_file_test(p, G_FILE_TEST_IS_DIR) &&
		    !g_file_test(p, G_FILE_TEST_IS_SYMLINK))
			app_remove_tree(p);
		else
			g_unlink(p);
	}
	g_rmdir(dir);
}
