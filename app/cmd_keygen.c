/* cmd_keygen.c - a key pair: the recorder's, or the one that signs exports. */
#include "app/app.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "core/seal.h"
#include "vault/vault.h"

static char *user;

/* Before anything is made. */
static bool has_user(GError **err)
{
	if (!user || getpwnam(user))
		return true;
	g_set_error(err, CONF_ERROR, CONF_ERROR_VALUE,
		    "there is no user \"%s\"", user);
	return false;
}

/* Overwriting a key would lose everything that was sealed to it. */
static bool is_new(const char *path, GError **err)
{
	static const char *const ends[] = {".key", ".pub"};

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(path, ends[i], NULL);

		if (!g_file_test(file, G_FILE_TEST_EXISTS))
			continue;
		g_set_error(err, CONF_ERROR, CONF_ERROR_FILE,
			    "%s is there already, and no key is overwritten: "
			    "give another path", file);
		return false;
	}
	return true;
}

/* A key that belongs to root could not be read by the user that render
 * becomes. */
static bool give_away(const char *path, GError **err)
{
	g_autofree char *key = g_strconcat(path, ".key", NULL);
	const struct passwd *p = getpwnam(user ? user : "edgetape");

	if (!p || geteuid() != 0 || chown(key, p->pw_uid, p->pw_gid) == 0)
		return true;
	g_set_error(err, CONF_ERROR, CONF_ERROR_FILE, "%s: %s", key,
		    g_strerror(errno));
	return false;
}

static bool has_directory(const char *path, GError **err)
{
	g_autofree char *dir = g_path_get_dirname(path);

	if (g_file_test(dir, G_FILE_TEST_IS_DIR))
		return true;
	g_set_error(err, CONF_ERROR, CONF_ERROR_FILE,
		    "there is no directory %s; make it first", dir);
	return false;
}

int cmd_keygen(int argc, char **argv)
{
	static gboolean signing;
	static const GOptionEntry entries[] = {
		{"signing", 0, 0, G_OPTION_ARG_NONE, &signing,
		 "Make a key pair for signing exports instead", NULL},
		{"user", 'u', 0, G_OPTION_ARG_STRING, &user,
		 "Owner of the private key if root makes it (edgetape, if "
		 "there is such a user)", "USER"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(GError) err = NULL;
	int status;

	if (!app_options("keygen", "PATH",
			 "Makes the recorder's key pair: PATH.key, for render "
			 "and export only,\nand PATH.pub, with which the tap "
			 "seals the media keys.",
			 entries, &argc, &argv, &status))
		return status;
	if (argc != 2) {
		fprintf(stderr, "edgetape keygen: give one path; see --help\n");
		return APP_USAGE;
	}
	if (!has_user(&err) || !has_directory(argv[1], &err) ||
	    !is_new(argv[1], &err) ||
	    !(signing ? vlt_signing_keys : seal_generate)(argv[1], &err) ||
	    !give_away(argv[1], &err))
		return app_fail("keygen", err);
	if (signing) {
		printf("%s.key (for [edgetape] signing-key)\n"
		       "%s.pub (for whoever checks what was exported)\n",
		       argv[1], argv[1]);
		return APP_OK;
	}
	printf("%s.key (keep it safe: without it no recording can be made)\n"
	       "%s.pub\n",
	       argv[1], argv[1]);
	return APP_OK;
}
