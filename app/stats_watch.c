#include "app/stats_watch.h"

#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "relay_capture/balance.h"

enum {
	LOOK_MS = 100,
	STALE_MS = 5000,
};

/* One telling of capture's, as of `at`. */
typedef struct account {
	char *text;
	span begun, at;
} account;

/* Of one interface, from one account to another. */
typedef struct interval {
	span iface;
	const account *from, *to;
	int64_t sum[RELAY_KINDS];
	int64_t waiting[2];	/* at its begin, at its end */
} interval;

static void account_clear(account *a)
{
	g_free(a->text);
	*a = (account){0};
}

static bool next_line(span *text, span *name, span *value)
{
	return span_line(text, value) && span_until(value, ' ', name);
}

/* The value of a line, or "0". */
static span value_of(const account *a, const char *name)
{
	span text = span_str(a->text), key, value;

	while (next_line(&text, &key, &value))
		if (span_eq(key, name))
			return value;
	return span_str("0");
}

static int64_t number(span s)
{
	uint64_t v;

	return span_number(s, INT64_MAX, &v) ? (int64_t)v : 0;
}

static bool account_read(const char *path, account *a)
{
	*a = (account){0};
	if (!g_file_get_contents(path, &a->text, NULL, NULL))
		return false;
	a->begun = value_of(a, "begun-ms");
	a->at = value_of(a, "at-ms");
	return true;
}

/* "eth0.seen": the name of an interface may have dots, a term has none. */
static bool split(span name, span *iface, span *term)
{
	for (size_t n = name.left; n-- > 0;) {
		if (name.p[n] != '.')
			continue;
		*iface = span_of(name.p, n);
		*term = span_of(name.p + n + 1, name.left - n - 1);
		return true;
	}
	return false;
}

/* How much `name` has grown. */
static int64_t grown(const interval *v, span name, span value)
{
	g_autofree char *key = span_dup(name);

	return number(value) - number(value_of(v->from, key));
}

typedef void (*each_term)(void *user, span term, relay_kind kind, int64_t n);

static void terms(const interval *v, each_term each, void *user)
{
	span text = span_str(v->to->text), name, value, iface, term;
	relay_kind kind;

	while (next_line(&text, &name, &value))
		if (split(name, &iface, &term) && span_same(iface, v->iface) &&
		    relay_balance_kind(term, &kind))
			each(user, term, kind, grown(v, name, value));
}

static void add_term(void *user, span term, relay_kind kind, int64_t n)
{
	interval *v = user;

	(void)term;
	v->sum[kind] += n;
}

static int64_t waiting(const account *a, span iface)
{
	g_autofree char *key = g_strdup_printf("%.*s.waiting", (int)iface.left,
					       iface.p);

	return number(value_of(a, key));
}

static void say_term(void *user, span term, relay_kind kind, int64_t n)
{
	const char **before = user;

	if (!n || (kind != RELAY_KIND_FILTERED && kind != RELAY_KIND_DROPPED))
		return;
	printf("%s%.*s %" PRId64, *before, (int)term.left, term.p, n);
	*before = ", ";
}

static void say_text(const interval *v)
{
	char from[32], to[32];
	const char *before = "  ";

	clk_wall_iso((clk_wall){number(v->from->at) * CLK_NS_PER_MS}, from);
	clk_wall_iso((clk_wall){number(v->to->at) * CLK_NS_PER_MS}, to);
	printf("%s %s %-10.*s %9" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64
	       " %9" PRId64, from, to, (int)v->iface.left, v->iface.p,
	       v->sum[RELAY_KIND_IN], v->sum[RELAY_KIND_WRITTEN],
	       v->sum[RELAY_KIND_FILTERED], v->sum[RELAY_KIND_DROPPED],
	       v->waiting[1]);
	terms(v, say_term, &before);
	printf("\n");
}

static void json_term(void *user, span term, relay_kind kind, int64_t n)
{
	g_autofree char *name = span_dup(term);

	(void)kind;
	json_builder_set_member_name(user, name);
	json_builder_add_int_value(user, n);
}

static void json_int(JsonBuilder *b, const char *name, int64_t n)
{
	json_builder_set_member_name(b, name);
	json_builder_add_int_value(b, n);
}

static void say_json(const interval *v)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *iface = span_dup(v->iface), *line = NULL;

	json_builder_begin_object(b);
	json_int(b, "from_ms", number(v->from->at));
	json_int(b, "to_ms", number(v->to->at));
	json_builder_set_member_name(b, "interface");
	json_builder_add_string_value(b, iface);
	for (int k = 0; k < RELAY_KIND_ASIDE; k++)
		json_int(b, relay_kind_name((relay_kind)k), v->sum[k]);
	json_int(b, "waiting_before", v->waiting[0]);
	json_int(b, "waiting", v->waiting[1]);
	json_builder_set_member_name(b, "counters");
	json_builder_begin_object(b);
	terms(v, json_term, b);
	json_builder_end_object(b);
	json_builder_end_object(b);
	root = json_builder_get_root(b);
	line = json_to_string(root, FALSE);
	printf("%s\n", line);
}

/* Each interface of both accounts. */
static void say(const account *from, const account *to, bool json)
{
	span text = span_str(to->text), name, value, term;
	interval v = {.from = from, .to = to};

	while (next_line(&text, &name, &value)) {
		if (!split(name, &v.iface, &term) || !span_eq(term, "seen"))
			continue;
		memset(v.sum, 0, sizeof(v.sum));
		terms(&v, add_term, &v);
		v.waiting[0] = waiting(from, v.iface);
		v.waiting[1] = waiting(to, v.iface);
		if (json)
			say_json(&v);
		else
			say_text(&v);
	}
	fflush(stdout);
}

static bool is_stale(const account *a)
{
	return clk_now().wall.ns / CLK_NS_PER_MS - number(a->at) > STALE_MS;
}

/* The first one that is at least `ms` later than `from`; false: there is none
 * to come. */
static bool await(const char *path, const account *from, int64_t ms,
		  account *to)
{
	for (;;) {
		if (!account_read(path, to) || is_stale(to)) {
			account_clear(to);
			return false;
		}
		if (!from->text || number(to->at) - number(from->at) >= ms ||
		    !span_same(to->begun, from->begun))
			return true;
		account_clear(to);
		g_usleep(LOOK_MS * 1000);
	}
}

/* An account of other rings begins at nought. */
static void begin_anew(const account *from, bool json)
{
	if (from->text)
		fprintf(stderr, "edgetape stats: capture has restarted\n");
	else if (!json)
		printf("%-24s %-24s %-10s %9s %9s %9s %9s %9s\n", "FROM", "TO",
		       "INTERFACE", "IN", "WRITTEN", "FILTERED", "DROPPED",
		       "WAITING");
}

int stats_watch(const conf *c, unsigned seconds, unsigned times, bool json)
{
	g_autofree char *path = g_build_filename(conf_text(c, CONF_RUN),
						 "capture.stats", NULL);
	account from = {0}, to;
	unsigned n = 0;

	while (!times || n < times) {
		if (!await(path, &from, (int64_t)seconds * 1000, &to))
			break;
		if (from.text && span_same(to.begun, from.begun)) {
			say(&from, &to, json);
			n++;
		} else {
			begin_anew(&from, json);
		}
		account_clear(&from);
		from = to;
	}
	account_clear(&from);
	if (times && n == times)
		return APP_OK;
	fprintf(stderr, "edgetape stats: capture does not run here\n");
	return APP_FAIL;
}
