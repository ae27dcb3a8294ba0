#include "app/alarm_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/alarm_hook.h"
#include "app/alarm_post.h"
#include "app/cert.h"
#include "core/forecast.h"

enum {
	DISKS = 3,
	CERT_EVERY_S = 60,
	CERT_DAYS = 30,
	MISSED = 3,	/* looks without it before an alarm is taken as over */
	HISTORY_BYTES = 1 << 20,
	LOW_S = 86400, FULL_S = 3600,
};

/* An alarm that was reported to the history and to the hook. */
typedef struct known {
	alarm_line line;	/* its texts are in `buf` */
	alarm_text buf;
	unsigned missed;
} known;

typedef struct role_state {
	char *name, *text;	/* text NULL: all is well */
} role_state;

struct alarm_watch {
	const conf *conf;
	alarm_post *post;
	alarm_hook *hook;
	char *history;
	GPtrArray *known;	/* of known */
	GPtrArray *roles;	/* of role_state */
	char *disk[DISKS];
	forecast forecast[DISKS];
	clk_both last;		/* look */
	int days;		/* of the certificate; INT_MAX: not known */
	clk_mono cert_read;
	bool history_told;
	guint timer;
};

/* ---- history and hook ---- */

static known *known_find(alarm_watch *w, const alarm_line *l)
{
	for (guint i = 0; i < w->known->len; i++) {
		known *k = g_ptr_array_index(w->known, i);

		if (k->line.id == l->id && !strcmp(k->buf.role, l->role) &&
		    !strcmp(k->buf.about, l->about))
			return k;
	}
	return NULL;
}

static known *known_add(alarm_watch *w, const alarm_line *l)
{
	known *k = g_new0(known, 1);

	g_strlcpy(k->buf.role, l->role, sizeof(k->buf.role));
	g_strlcpy(k->buf.about, l->about, sizeof(k->buf.about));
	g_strlcpy(k->buf.text, l->text, sizeof(k->buf.text));
	k->line = *l;
	k->line.role = k->buf.role;
	k->line.about = k->buf.about;
	k->line.text = k->buf.text;
	g_ptr_array_add(w->known, k);
	return k;
}

static void trim_history(const char *path)
{
	g_autofree char *older = g_strconcat(path, ".1", NULL);
	GStatBuf st;

	if (g_stat(path, &st) == 0 && st.st_size > HISTORY_BYTES)
		g_rename(path, older);
}

static void append_history(alarm_watch *w, const alarm_line *l)
{
	g_autoptr(GString) s = g_string_new(NULL);
	int fd;

	trim_history(w->history);
	alarm_line_put(s, l);
	fd = open(w->history, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd >= 0 && write(fd, s->str, s->len) == (ssize_t)s->len) {
		close(fd);
		return;
	}
	if (!w->history_told)
		g_warning("%s: %s", w->history, g_strerror(errno));
	w->history_told = true;
	if (fd >= 0)
		close(fd);
}

static void on_line(void *user, const alarm_line *l)
{
	alarm_watch *w = user;
	known *k = known_find(w, l);

	if (!k) {
		k = known_add(w, l);
		append_history(w, l);
		alarm_hook_tell(w->hook, l);
	}
	k->missed = 0;
}

static void end_missed(alarm_watch *w, clk_both now)
{
	for (guint i = 0; i < w->known->len;) {
		known *k = g_ptr_array_index(w->known, i);

		if (k->missed < MISSED) {
			i++;
			continue;
		}
		k->line.set = false;
		k->line.at_ms = now.wall.ns / CLK_NS_PER_MS;
		append_history(w, &k->line);
		alarm_hook_tell(w->hook, &k->line);
		g_ptr_array_remove_index(w->known, i);
	}
}

/* Alarms that were set when an earlier watch ended are not reported again. */
static void on_old_line(void *user, const alarm_line *l)
{
	alarm_watch *w = user;
	known *k = known_find(w, l);

	if (l->set && !k)
		known_add(w, l);
	else if (!l->set && k)
		g_ptr_array_remove(w->known, k);
}

/* ---- what no role can see ---- */

/* How full it is, keep watches; here only the pace. */
static void look_at_disk(alarm_watch *w, unsigned i, clk_both now)
{
	alarms *a = alarm_post_peek(w->post);
	forecast *f = &w->forecast[i];
	struct statvfs st;
	int64_t left;
	unsigned used;

	if (!w->disk[i] || statvfs(w->disk[i], &st) != 0)
		return;
	forecast_add(f, now.mono, (uint64_t)st.f_bavail * st.f_frsize,
		     (uint64_t)st.f_blocks * st.f_frsize);
	left = forecast_left_s(f);
	used = forecast_used(f);
	if (left < FULL_S)
		alarms_say(a, ALARM_DISK_FULL, w->disk[i], now, "%u %% used, "
			   "full within the hour at this pace", used);
	else if (left < LOW_S)
		alarms_say(a, ALARM_DISK_LOW, w->disk[i], now, "%u %% used, "
			   "full within a day at this pace", used);
}

static void look_at_clock(alarm_watch *w, clk_both now)
{
	alarms *a = alarm_post_peek(w->post);
	int64_t step = w->last.mono.ns ? clk_step_ns(w->last, now) : 0;

	if (step)
		alarms_say(a, ALARM_CLOCK_STEP, "", now,
			   "the wall clock jumped by %.3f s",
			   (double)step / CLK_NS_PER_S);
	if (!clk_synced())
		alarms_say(a, ALARM_CLOCK_UNSYNCED, "", now,
			   "the kernel's clock is not synchronised");
	w->last = now;
}

static void look_at_certificate(alarm_watch *w, clk_both now)
{
	const char *path = conf_text(w->conf, CONF_TAP_CERTIFICATE);

	if (!path)
		return;
	if (!w->cert_read.ns || clk_since(now.mono, w->cert_read) >
					CERT_EVERY_S * CLK_NS_PER_S) {
		w->cert_read = now.mono;
		w->days = cert_days_left(path, NULL);
	}
	if (w->days < 0)
		alarms_say(alarm_post_peek(w->post), ALARM_CERTIFICATE, path,
			   now, "it has expired");
	else if (w->days < CERT_DAYS)
		alarms_say(alarm_post_peek(w->post), ALARM_CERTIFICATE, path,
			   now, "it expires in %d days", w->days);
}

static gboolean look(gpointer user)
{
	alarm_watch *w = user;
	clk_both now = clk_now();

	for (unsigned i = 0; i < DISKS; i++)
		look_at_disk(w, i, now);
	look_at_clock(w, now);
	look_at_certificate(w, now);
	for (guint i = 0; i < w->roles->len; i++) {
		const role_state *r = g_ptr_array_index(w->roles, i);

		if (r->text)
			alarms_say(alarm_post_peek(w->post), ALARM_ROLE_DOWN,
				   r->name, now, "%s", r->text);
	}
	alarm_post_tick(w->post, now);
	for (guint i = 0; i < w->known->len; i++)
		((known *)g_ptr_array_index(w->known, i))->missed++;
	alarm_files_read(conf_text(w->conf, CONF_RUN), on_line, w, NULL);
	end_missed(w, now);
	return G_SOURCE_CONTINUE;
}

static void role_free(void *p)
{
	role_state *r = p;

	g_free(r->name);
	g_free(r->text);
	g_free(r);
}

void alarm_watch_role(alarm_watch *w, const char *role, const char *text)
{
	role_state *r = NULL;

	for (guint i = 0; i < w->roles->len && !r; i++) {
		r = g_ptr_array_index(w->roles, i);
		if (strcmp(r->name, role))
			r = NULL;
	}
	if (!r) {
		r = g_new0(role_state, 1);
		r->name = g_strdup(role);
		g_ptr_array_add(w->roles, r);
	}
	g_free(r->text);
	r->text = g_strdup(text);
}

/* The same disk is watched once. */
static void choose_disks(alarm_watch *w)
{
	static const conf_id dirs[DISKS] = {CONF_SPOOL, CONF_RECORDINGS,
					    CONF_CATALOG};
	dev_t seen[DISKS];
	GStatBuf st;

	for (unsigned i = 0, n = 0, k; i < DISKS; i++) {
		const char *path = conf_text(w->conf, dirs[i]);
		g_autofree char *dir = dirs[i] == CONF_CATALOG
					       ? g_path_get_dirname(path)
					       : g_strdup(path);

		g_mkdir_with_parents(dir, 0750);
		if (g_stat(dir, &st) != 0)
			continue;
		for (k = 0; k < n && seen[k] != st.st_dev; k++)
			;
		if (k < n)
			continue;
		seen[n++] = st.st_dev;
		w->disk[i] = g_steal_pointer(&dir);
	}
}

alarm_watch *alarm_watch_new(const conf *c)
{
	alarm_watch *w = g_new0(alarm_watch, 1);

	w->conf = c;
	w->days = INT_MAX;
	w->post = alarm_post_new(conf_text(c, CONF_RUN), "host");
	w->hook = alarm_hook_new(conf_text(c, CONF_ALARMS_HOOK));
	w->history = alarm_history_path(c);
	w->known = g_ptr_array_new_with_free_func(g_free);
	w->roles = g_ptr_array_new_with_free_func(role_free);
	choose_disks(w);
	alarm_history_read(w->history, on_old_line, w);
	w->timer = g_timeout_add_seconds(1, look, w);
	return w;
}

void alarm_watch_free(alarm_watch *w)
{
	if (!w)
		return;
	g_source_remove(w->timer);
	alarm_hook_free(w->hook);
	alarm_post_free(w->post);
	g_ptr_array_unref(w->known);
	g_ptr_array_unref(w->roles);
	for (unsigned i = 0; i < DISKS; i++)
		g_free(w->disk[i]);
	g_free(w->history);
	g_free(w);
}
