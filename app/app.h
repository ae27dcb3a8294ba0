/* app.h - the subcommands, and what several of them share. */
#pragma once
#include <glib.h>
#include <signal.h>
#include <stdbool.h>

#include "core/conf.h"

/* Exit codes: 0 done, 1 failure, 2 wrong usage. */
enum { APP_OK, APP_FAIL, APP_USAGE };

#define APP_CONF "/etc/edgetape/edgetape.conf"

typedef struct app_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} app_command;

int cmd_tap(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_render(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_journal(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_keygen(int argc, char **argv);
int cmd_alarms(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_live(int argc, char **argv);
int cmd_users(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_calls(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_rebuild(int argc, char **argv);
int cmd_keep(int argc, char **argv);
int cmd_play(int argc, char **argv);
int cmd_export(int argc, char **argv);

/* Options of a role: -c FILE, -v. Prints help or a complaint itself. */
typedef struct app_role {
	conf *conf;
	bool debug;
} app_role;
/* False: stop with `*status`. On true the caller frees role->conf. */
bool app_role_start(app_role *role, const char *name, const char *help,
		    int argc, char **argv, int *status);

/* True: no word is left of the command line. Else it is named. */
bool app_no_words(const char *name, int argc, char **argv);
/* Two options of which only one makes sense, and whether they were given. */
typedef struct app_clash {
	const char *a, *b;
	bool has_a, has_b;
} app_clash;
/* True: no two were given that exclude each other. Else both are named. The
 * last has no names. */
bool app_no_clash(const char *name, const app_clash *all);
/* Parses with GOption; false: stop with *status. `args`
 * (NULL: none) names the words that may follow. */
bool app_options(const char *name, const char *args, const char *help,
		 const GOptionEntry *entries, int *argc, char ***argv,
		 int *status);

/* "edgetape NAME: message" on stderr; returns APP_FAIL. */
int app_fail(const char *name, const GError *err);
/* Loads FILE, or says all that is wrong with it and returns NULL. */
conf *app_conf(const char *name, const char *path);

/* The file that `edgetape run` holds a lock of. Free it. */
char *app_run_lock(const conf *c);
/* The signals for which a supervisor without a loop waits: stop, reload, a
 * child has died. */
void app_signals(sigset_t *set);
/* Runs until SIGTERM or SIGINT; SIGHUP calls `reload` when not NULL. */
void app_loop_run(GMainLoop *loop, void (*reload)(void *), void *user);
/* Becomes the configured user if running as root and one is set, and gives up
 * every capability; first creates the directories of the configuration. */
bool app_drop(const conf *c, GError **err);
/* The same for a command that ends soon, without a warning if it stays root. */
bool app_drop_quietly(const conf *c, GError **err);
/* The same, but keeps CAP_NET_RAW for the capture that it starts. */
bool app_drop_run(const conf *c, GError **err);
/* Gives up all files but these, and the network if so; makes the directories
 * of `write` first. See core/confine.h. */
bool app_confine(bool network, const char *const *read,
		 const char *const *write, GError **err);

/* Removes what a command made for itself, as far as that can be done. Symbolic
 * links are not followed. */
void app_remove_tree(const char *dir);
