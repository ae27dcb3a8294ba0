#include "core/alarm.h"

#include <string.h>

enum { EVENT_S = 300, LEVEL_S = 5 };

static const alarm_kind table[ALARM_IDS] = {
	[ALARM_CAPTURE_DOWN] = {
		"capture-down", true, LEVEL_S,
		"capture gives no sign of life to the tap: calls are not "
		"recorded",
		"read capture's log: does it run, is its interface up?"},
	[ALARM_NOT_LISTENING] = {
		"not-listening", false, EVENT_S,
		"no tap ran, or it hung, for over 5 s: calls of that time may "
		"have no row",
		"edgetape report away lists these times; the gateways' call "
		"records (--cdr) show what was missed"},
	[ALARM_FRONT_END_SILENT] = {
		"front-end-silent", true, LEVEL_S,
		"a Front End that was connected sends no heartbeats any more",
		"check the filter on that Front End and the network in "
		"between"},
	[ALARM_FRONT_END_REFUSED] = {
		"front-end-refused", false, EVENT_S,
		"somebody without an accepted certificate tried to connect",
		"renew its certificate, or add its name to [tap] peers"},
	[ALARM_NO_RELAY] = {
		"no-relay", true, EVENT_S,
		"a call that must be recorded offered no relay candidate",
		"give that client access to the A/V Edge; until then its "
		"calls cannot be recorded"},
	[ALARM_ESCAPED] = {
		"escaped", true, EVENT_S,
		"a recorded call chose a path that bypasses the relay",
		"look at the call with edgetape explain; see "
		"docs/rewriting.md"},
	[ALARM_LATE] = {
		"late-verdicts", false, EVENT_S,
		"messages passed unchanged because the verdict was not ready "
		"in time",
		"the tap's host is overloaded, or [tap] deadline is too "
		"short"},
	[ALARM_RECORDS_LOST] = {
		"records-lost", true, EVENT_S,
		"session records or ledger rows could not be written",
		"check the disks of the spool and of the catalog"},
	[ALARM_PACKETS_LOST] = {
		"packets-lost", true, 60,
		"packets of calls were lost on their way into the journals",
		"edgetape stats shows where; use a larger [capture] "
		"ring-mib, a faster disk, or fewer calls per host"},
	[ALARM_CAPTURE_TROUBLE] = {
		"capture-trouble", true, LEVEL_S,
		"capture cannot write, or an interface is down or gone",
		"its text names the file or the interface; with backend=pcap "
		"restart capture when an interface was created anew"},
	[ALARM_ORPHAN_MEDIA] = {
		"orphan-media", false, 60,
		"media crosses the relay, but no signalling described it",
		"does every Front End have the filter? Is its certificate "
		"accepted?"},
	[ALARM_NO_MEDIA] = {
		"no-media", true, LEVEL_S,
		"a call was answered, and 5 s later none of its packets had "
		"been seen",
		"is capture on the right interface? Are [rewrite] edges and "
		"[capture] nat right?"},
	[ALARM_MEDIA_STOPPED] = {
		"media-stopped", true, LEVEL_S,
		"a call goes on, but its media no longer crosses the relay",
		"the media may have found another path: edgetape explain "
		"CALL"},
	[ALARM_UNDECRYPTABLE] = {
		"undecryptable", true, LEVEL_S,
		"packets of a call cannot be decrypted with its keys",
		"did all signalling of the call come here, from both Front "
		"Ends?"},
	[ALARM_NOT_RENDERED] = {
		"not-rendered", true, EVENT_S,
		"a call's recording could not be made; its journal is kept",
		"fix what the text names and restart render"},
	[ALARM_RENDER_CRASH] = {
		"render-crash", true, EVENT_S,
		"a process of render crashed; its calls are read again",
		"report it, with the call's journal"},
	[ALARM_NOT_DELETED] = {
		"not-deleted", false, 90,
		"something that is due for deletion cannot be deleted",
		"its text names the file or the database"},
	[ALARM_ROLE_DOWN] = {
		"role-down", true, LEVEL_S,
		"a role of this host does not run, or is stuck",
		"its log says why; edgetape check says what is wrong"},
	[ALARM_DISK_LOW] = {
		"disk-low", false, LEVEL_S,
		"a disk will be full within a day, or has passed the first "
		"of [keep] disk-marks",
		"make room, or keep recordings for a shorter time"},
	[ALARM_DISK_FULL] = {
		"disk-full", true, LEVEL_S,
		"a disk will be full within the hour, or calls are refused "
		"or not rendered because it is full",
		"make room now"},
	[ALARM_CLOCK_STEP] = {
		"clock-step", false, EVENT_S,
		"the wall clock jumped; recordings keep their length and "
		"order",
		"check the time service of this host"},
	[ALARM_CLOCK_UNSYNCED] = {
		"clock-unsynced", false, LEVEL_S,
		"no time service sets this host's clock",
		"start one, chrony for example"},
	[ALARM_CERTIFICATE] = {
		"certificate", false, LEVEL_S,
		"our certificate expires within 30 days, or has expired",
		"replace it and reload"},
};

typedef struct one {
	alarm_id id;
	char *about, *text;
	int64_t at_ms;
	clk_mono until;
} one;

struct alarms {
	const char *role;
	alarm_told *told;
	void *user;
	GPtrArray *set;		/* of one, the oldest first */
};

const alarm_kind *alarm_table(void)
{
	return table;
}

static bool find_id(span name, alarm_id *out)
{
	for (unsigned i = 0; i < ALARM_IDS; i++) {
		if (span_eq(name, table[i].name)) {
			*out = i;
			return true;
		}
	}
	return false;
}

static void one_free(void *p)
{
	one *o = p;

	g_free(o->about);
	g_free(o->text);
	g_free(o);
}

alarms *alarms_new(const char *role, alarm_told *told, void *user)
{
	alarms *a = g_new0(alarms, 1);

	a->role = role;
	a->told = told;
	a->user = user;
	a->set = g_ptr_array_new_with_free_func(one_free);
	return a;
}

void alarms_free(alarms *a)
{
	if (!a)
		return;
	g_ptr_array_unref(a->set);
	g_free(a);
}

static void hold(one *o, clk_mono now)
{
	o->until.ns = now.ns + table[o->id].hold_s * CLK_NS_PER_S;
}

static alarm_line line_of(const alarms *a, const one *o)
{
	return (alarm_line){true, o->id, o->at_ms, a->role, o->about, o->text};
}

static one *find(const alarms *a, alarm_id id, const char *about)
{
	for (guint i = 0; i < a->set->len; i++) {
		one *o = g_ptr_array_index(a->set, i);

		if (o->id == id && !strcmp(o->about, about))
			return o;
	}
	return NULL;
}

/* Longer would not come back whole from a line. */
static char *fit(const char *text, size_t size)
{
	size_t n = strnlen(text, size - 1);

	while (n && ((uint8_t)text[n] & 0xc0) == 0x80)
		n--;	/* not in the middle of a character */
	return g_strndup(text, n);
}

static one *add(alarms *a, alarm_id id, const char *about, int64_t at_ms)
{
	one *o;

	if (a->set->len == ALARMS_MAX)
		return NULL;
	o = g_new0(one, 1);
	o->id = id;
	o->about = g_strdup(about);
	o->at_ms = at_ms;
	g_ptr_array_add(a->set, o);
	return o;
}

void alarms_say(alarms *a, alarm_id id, const char *about, clk_both now,
		const char *fmt, ...)
{
	g_autofree char *whom = fit(about, ALARM_ABOUT);
	g_autofree char *text = NULL;
	one *o = find(a, id, whom);
	alarm_line l;
	va_list ap;

	if (o) {
		hold(o, now.mono);
		return;
	}
	o = add(a, id, whom, now.wall.ns / CLK_NS_PER_MS);
	if (!o)
		return;
	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	o->text = fit(text, ALARM_TEXT);
	hold(o, now.mono);
	l = line_of(a, o);
	a->told(a->user, &l);
}

void alarms_tick(alarms *a, clk_both now)
{
	for (guint i = 0; i < a->set->len;) {
		one *o = g_ptr_array_index(a->set, i);
		alarm_line l;

		if (clk_since(o->until, now.mono) > 0) {
			i++;
			continue;
		}
		l = line_of(a, o);
		l.set = false;
		l.at_ms = now.wall.ns / CLK_NS_PER_MS;
		a->told(a->user, &l);
		g_ptr_array_remove_index(a->set, i);
	}
}

char *alarms_print(const alarms *a)
{
	GString *s = g_string_new(NULL);

	for (guint i = 0; i < a->set->len; i++) {
		alarm_line l = line_of(a, g_ptr_array_index(a->set, i));

		alarm_line_put(s, &l);
	}
	return g_string_free(s, FALSE);
}

void alarms_adopt(alarms *a, span text, clk_both now)
{
	alarm_text buf;
	alarm_line l;

	while (alarm_line_get(&text, &buf, &l)) {
		one *o = l.set && !find(a, l.id, l.about)
				 ? add(a, l.id, l.about, l.at_ms)
				 : NULL;

		if (!o)
			continue;
		o->text = g_strdup(l.text);
		hold(o, now.mono);
	}
}

static void put_cell(GString *to, const char *text, char end)
{
	for (; *text; text++)
		g_string_append_c(to, (uint8_t)*text < ' ' || *text == 0x7f
					      ? ' '
					      : *text);
	g_string_append_c(to, end);
}

void alarm_line_put(GString *to, const alarm_line *l)
{
	g_string_append_printf(to, "%" G_GINT64_FORMAT "\t%s\t", l->at_ms,
			       l->set ? "set" : "over");
	put_cell(to, l->role, '\t');
	put_cell(to, table[l->id].name, '\t');
	put_cell(to, l->about, '\t');
	put_cell(to, l->text, '\n');
}

static bool parse(span s, alarm_text *buf, alarm_line *out)
{
	span at, set, role, name, about;
	uint64_t ms;

	if (!span_until(&s, '\t', &at) || !span_number(at, INT64_MAX, &ms) ||
	    !span_until(&s, '\t', &set) || !span_until(&s, '\t', &role) ||
	    !span_until(&s, '\t', &name) || !find_id(name, &out->id) ||
	    !span_until(&s, '\t', &about) ||
	    !(span_eq(set, "set") || span_eq(set, "over")))
		return false;
	out->at_ms = (int64_t)ms;
	out->set = span_eq(set, "set");
	span_copy(role, buf->role, sizeof(buf->role));
	span_copy(about, buf->about, sizeof(buf->about));
	span_copy(s, buf->text, sizeof(buf->text));
	out->role = buf->role;
	out->about = buf->about;
	out->text = buf->text;
	return true;
}

bool alarm_line_get(span *in, alarm_text *buf, alarm_line *out)
{
	span line;

	while (span_line(in, &line))
		if (parse(line, buf, out))
			return true;
	return false;
}
