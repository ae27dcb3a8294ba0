#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/cert.h"
#include "app/check.h"
#include "catalog/report.h"
#include "core/clock.h"
#include "core/link.h"
#include "core/seal.h"
#include "relay_capture/source.h"
#include "signaling_tap/server.h"
#include "vault/vault.h"

enum {
	CERT_DAYS = 30,
	LOW = 90, FULL = 97,	/* per cent of a disk */
};

static void complain(check *k, const char *area, const GError *err)
{
	check_error(k, area, "%s", err->message);
}

/* ---- keys and certificates ---- */

/* The recorder's private key opens every recording. */
static void check_secret(check *k, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 07))
		check_error(k, "keys", "%s: everybody may read it; chmod o= %s",
			    path, path);
}

static void check_signing(check *k, const char *path)
{
	g_autoptr(GError) err = NULL;
	uint8_t sign[VLT_SIGNATURE];

	if (!path || !*path)
		return;
	if (access(path, F_OK) != 0)
		check_error(k, "keys", "[edgetape] signing-key: %s: %s; "
			    "edgetape keygen --signing makes one", path,
			    g_strerror(errno));
	else if (!vlt_sign(path, "", 0, sign, &err))
		complain(k, "keys", err);
	else
		check_secret(k, path);
}

void check_keys(check *k, const conf *c)
{
	const char *pub = conf_text(c, CONF_PUBLIC_KEY);
	const char *priv = conf_text(c, CONF_PRIVATE_KEY);
	g_autoptr(GError) e1 = NULL, e2 = NULL;
	g_autoptr(seal_box) box = seal_box_open(pub, &e1);
	g_autoptr(seal_key) key = seal_key_open(priv, &e2);

	if (!box)
		complain(k, "keys", e1);
	if (!key)
		complain(k, "keys", e2);
	if ((!box || !key) && access(priv, F_OK) != 0 &&
	    access(pub, F_OK) != 0)
		check_error(k, "keys", "make them: edgetape keygen %.*s",
			    (int)MAX(0, (int)strlen(pub) - 4), pub);
	else if (box && key && !seal_pair(box, key))
		check_error(k, "keys", "%s does not open what is sealed to %s",
			    priv, pub);
	check_secret(k, priv);
	check_signing(k, conf_text(c, CONF_SIGNING_KEY));
}

static void check_names(check *k, const char *cert)
{
	g_auto(GStrv) names = cert_names(cert, NULL);

	if (names && !names[0])
		check_error(k, "certificates", "%s: it has no name; the Front "
			    "Ends look for one", cert);
}

static void check_expiry(check *k, const char *cert)
{
	int days = cert_days_left(cert, NULL);

	if (cert_is_to_come(cert))
		check_error(k, "certificates", "%s: it is not valid yet, if "
			    "this host's clock is right", cert);
	if (days < 0)
		check_error(k, "certificates", "%s: it has expired", cert);
	else if (days < CERT_DAYS)
		check_warning(k, "certificates", "%s: it expires in %d days",
			      cert, days);
}

static void check_crl(check *k, const char *path)
{
	g_autoptr(GError) err = NULL;

	if (path && *path && !cert_revokes(path, &err))
		check_error(k, "certificates", "[tap] crl: %s", err->message);
}

void check_certificates(check *k, const conf *c)
{
	static const conf_id ids[] = {CONF_TAP_CERTIFICATE, CONF_TAP_KEY,
				      CONF_TAP_CA};
	const char *path[G_N_ELEMENTS(ids)];
	g_autoptr(GError) err = NULL;
	bool all = true;

	for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_autoptr(GError) e = NULL;

		path[i] = conf_need(c, ids[i], &e);
		all &= path[i] != NULL;
		if (!path[i])
			complain(k, "certificates", e);
		else if (access(path[i], R_OK) != 0 && !(all = false))
			check_error(k, "certificates", "[tap] %s: %s: %s",
				    conf_table()[ids[i]].key, path[i],
				    g_strerror(errno));
	}
	if (!conf_list(c, CONF_TAP_PEERS)[0])
		check_warning(k, "certificates", "[tap] peers is empty: no "
			      "Front End may connect");
	check_crl(k, conf_text(c, CONF_TAP_CRL));
	if (!all)
		return;
	check_secret(k, path[1]);
	if (!cert_fits(path[0], path[1], path[2], &err)) {
		complain(k, "certificates", err);
		return;
	}
	check_names(k, path[0]);
	check_expiry(k, path[0]);
	check_expiry(k, path[2]);
}

/* ---- interfaces ---- */

/* Of the kernel: IFF_UP, and IFF_RUNNING with something at the other end. Where
 * nobody can be asked, nothing is known to be wrong. */
static int flags_of(const char *name)
{
	struct ifreq r = {.ifr_flags = 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int flags = IFF_UP | IFF_RUNNING;

	g_strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
	if (fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &r) == 0)
		flags = r.ifr_flags;
	if (fd >= 0)
		close(fd);
	return flags;
}

static void check_interface(check *k, const char *name)
{
	const int flags = flags_of(name);

	if (!if_nametoindex(name))
		check_error(k, "interfaces", "[capture] interfaces: there is "
			    "no interface \"%s\"", name);
	else if (!(flags & IFF_UP))
		check_warning(k, "interfaces", "%s is down; ip link set %s up",
			      name, name);
	else if (!(flags & IFF_RUNNING))
		check_warning(k, "interfaces", "%s is up, but nothing is at "
			      "the other end of its cable", name);
}

void check_interfaces(check *k, const conf *c)
{
	const char *filter = conf_text(c, CONF_CAPTURE_FILTER);
	g_autoptr(GError) err = NULL;

	if (filter && *filter && !relay_filter_check(filter, &err))
		complain(k, "interfaces", err);
	for (char **i = conf_list(c, CONF_CAPTURE_INTERFACES); *i; i++)
		if (strcmp(*i, "any") != 0)
			check_interface(k, *i);
}

/* The tap itself may be there already. */
void check_listeners(check *k, const conf *c)
{
	static const conf_id ids[] = {CONF_TAP_LISTEN, CONF_TAP_PLAIN_TCP,
				      CONF_TAP_PLAIN_UDP};

	for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
		const char *where = conf_text(c, ids[i]);
		g_autoptr(GError) err = NULL;

		if (ids[i] == CONF_TAP_LISTEN && !conf_need(c, ids[i], &err)) {
			complain(k, "network", err);
			continue;
		}
		if (!where || !*where ||
		    tap_server_place(where, ids[i] == CONF_TAP_PLAIN_UDP, &err))
			continue;
		check_error(k, "network", "[tap] %s: %s",
			    conf_table()[ids[i]].key, err->message);
	}
}

/* ---- rights ---- */

/* Not loaded: a plug-in is code, and this may be root. */
static void check_plugins(check *k, const conf *c)
{
	for (char **i = conf_list(c, CONF_RENDER_PLUGINS); *i; i++)
		if (access(*i, R_OK) != 0)
			check_error(k, "rights", "[render] codec-plugins: %s: "
				    "%s", *i, g_strerror(errno));
}

/* In a child that becomes the user, because only that user can tell for
 * certain. */
static bool may(const struct passwd *p, const char *path, int mode)
{
	int status;
	pid_t pid;

	if (!p || geteuid() != 0)
		return access(path, mode) == 0;
	pid = fork();
	if (pid == 0)
		_exit(initgroups(p->pw_name, p->pw_gid) != 0 ||
		      setgid(p->pw_gid) != 0 || setuid(p->pw_uid) != 0 ||
		      access(path, mode) != 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static const char *name_of(const struct passwd *p)
{
	return p ? p->pw_name : "this user";
}

/* What does not exist is made at the start. */
static void check_dir(check *k, const struct passwd *p, const char *dir)
{
	g_autofree char *at = g_strdup(dir);

	while (access(at, F_OK) != 0 && strcmp(at, "/") && strcmp(at, ".")) {
		char *up = g_path_get_dirname(at);

		g_free(at);
		at = up;
	}
	/* Root creates it before becoming the user. */
	if (strcmp(at, dir) && geteuid() == 0) {
		if (!may(p, at, X_OK))
			check_error(k, "rights", "%s: %s may not go through "
				    "it; chmod o+x %s", at, name_of(p), at);
		return;
	}
	if (!may(p, at, W_OK | X_OK))
		check_error(k, "rights", "%s: %s may not write there", at,
			    name_of(p));
}

static void check_readable(check *k, const struct passwd *p, const char *path)
{
	if (!path || access(path, F_OK) != 0 || may(p, path, R_OK))
		return;
	if (p)
		check_error(k, "rights", "%s: %s may not read it; chown %s %s",
			    path, p->pw_name, p->pw_name, path);
	else
		check_error(k, "rights", "%s: this user may not read it", path);
}

/* A copy that root put back belongs to root. */
static void check_catalog(check *k, const struct passwd *p, const char *path)
{
	if (access(path, F_OK) == 0 && !may(p, path, R_OK | W_OK))
		check_error(k, "rights", "%s: %s may not write it", path,
			    name_of(p));
}

void check_rights(check *k, const conf *c)
{
	static const conf_id files[] = {CONF_PUBLIC_KEY, CONF_PRIVATE_KEY,
					CONF_TAP_CERTIFICATE, CONF_TAP_KEY,
					CONF_TAP_CA, CONF_TAP_CRL,
					CONF_SIGNING_KEY};
	static const conf_id dirs[] = {CONF_SPOOL, CONF_RECORDINGS, CONF_RUN};
	const char *user = conf_text(c, CONF_USER);
	const struct passwd *p = user ? getpwnam(user) : NULL;
	g_autofree char *catalog =
		g_path_get_dirname(conf_text(c, CONF_CATALOG));
	g_autoptr(GError) err = NULL;

	if (!link_fits(conf_text(c, CONF_RUN), &err))
		complain(k, "rights", err);
	check_plugins(k, c);
	if (user && !p)
		check_error(k, "rights", "[edgetape] user: there is no user "
			    "\"%s\"", user);
	else if (p && geteuid() != 0 && geteuid() != p->pw_uid) {
		check_warning(k, "rights", "only root, or %s, can tell what %s "
			      "may do", user, user);
		return;
	} else if (!user && geteuid() == 0)
		check_warning(k, "rights", "[edgetape] user is not set: "
			      "started as root it stays root");
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		check_readable(k, p, conf_text(c, files[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(dirs); i++)
		check_dir(k, p, conf_text(c, dirs[i]));
	check_dir(k, p, catalog);
	check_catalog(k, p, conf_text(c, CONF_CATALOG));
}

/* ---- disk, database, time ---- */

static void check_disk(check *k, const char *dir)
{
	struct statvfs st;
	double free;

	if (statvfs(dir, &st) != 0 || !st.f_blocks)
		return;
	free = 100.0 * (double)st.f_bavail / (double)st.f_blocks;
	if (free <= 100 - FULL)
		check_error(k, "disk", "%s: %.0f %% used", dir, 100 - free);
	else if (free <= 100 - LOW)
		check_warning(k, "disk", "%s: %.0f %% used", dir, 100 - free);
}

void check_disks(check *k, const conf *c)
{
	g_autofree char *catalog =
		g_path_get_dirname(conf_text(c, CONF_CATALOG));

	check_disk(k, conf_text(c, CONF_SPOOL));
	check_disk(k, conf_text(c, CONF_RECORDINGS));
	check_disk(k, catalog);
}

/* Entries of the catalog were right when they were written. */
static void check_newest(check *k, cat_db *db)
{
	const int64_t now = clk_now().wall.ns / CLK_NS_PER_S;
	char text[2][32];
	int64_t at = 0;

	if (!cat_report_newest(db, &at, NULL) || at <= now + 60)
		return;
	clk_wall_iso((clk_wall){at * CLK_NS_PER_S}, text[0]);
	clk_wall_iso((clk_wall){now * CLK_NS_PER_S}, text[1]);
	check_error(k, "time", "the clock says %s, but the catalog has "
		    "something of %s: set the clock", text[1], text[0]);
}

/* One that is not there yet is made at the start. */
void check_database(check *k, const conf *c)
{
	const char *path = conf_text(c, CONF_CATALOG);
	g_autoptr(GError) err = NULL;
	cat_db *db;

	if (access(path, F_OK) != 0)
		return;
	db = cat_open(path, &err);
	if (!db || !cat_check(db, &err))
		complain(k, "database", err);
	else
		check_newest(k, db);
	cat_close(db);
}

void check_time(check *k)
{
	if (!clk_synced())
		check_warning(k, "time", "no time service keeps this host's "
			      "clock; start one, chrony for example");
}

void check_alarms(check *k, const conf *c)
{
	const char *hook = conf_text(c, CONF_ALARMS_HOOK);

	if (hook && *hook && access(hook, X_OK) != 0)
		check_error(k, "alarms", "[alarms] hook: %s: %s", hook,
			    g_strerror(errno));
}
