#include <stdio.h>

#include "catalog/ledger.h"

/* The tail of a reported verdict: " [mode=always keep=365 owners=alice,bob]".
 * Owners are escaped so that blanks, commas and brackets in them end
 * nothing. */

typedef struct pen {
	char *to;
	size_t n, size;
	bool full;
} pen;

static void put_str(pen *o, const char *s)
{
	size_t n = strlen(s);

	if (o->full || n >= o->size - o->n) {
		o->full = true;
		return;
	}
	memcpy(o->to + o->n, s, n + 1);
	o->n += n;
}

static void put_escaped(pen *o, span who)
{
	for (size_t i = 0; i < who.left; i++) {
		uint8_t c = who.p[i];
		char text[4] = {(char)c, '\0'};

		if (c <= ' ' || c >= 0x7f || strchr("%,[]", c))
			snprintf(text, sizeof(text), "%%%02X", c);
		put_str(o, text);
	}
}

static const char owner_user[] = "user:";

/* An owner that does not fit is left out completely, and so are those after
 * it. */
static void put_owners(pen *o, const cat_verdict *v)
{
	for (unsigned i = 0; i < v->n_owners; i++) {
		pen before = *o;

		put_str(o, i ? "," : " owners=");
		if (v->owner[i].user)
			put_str(o, owner_user);
		put_escaped(o, v->owner[i].who);
		if (!o->full)
			continue;
		*o = before;
		o->to[o->n] = '\0';
		return;
	}
}

static void put_sides(pen *o, const cat_verdict *v)
{
	char text[24];
	unsigned sides = 0;

	for (unsigned i = 0; i < v->n_owners; i++)
		sides |= 1u << v->owner[i].side;
	snprintf(text, sizeof(text), " sides=%u", sides);
	if (sides)
		put_str(o, text);
}

void cat_verdict_tell(const cat_verdict *v, const char *sentence,
		      char to[static CAT_TOLD_MAX])
{
	/* The closing bracket always fits. */
	pen o = {to, 0, CAT_TOLD_MAX - 2, false};
	const char *class = v->class ? v->class : "";
	char head[112 + CAT_NAME_MAX];
	int cut = MIN((int)strlen(sentence), 600);

	snprintf(head, sizeof(head), " [mode=%s scope=%s keep=%u%s%s%s%s%s",
		 cat_mode_name(v->mode), cat_scope_name(v->scope),
		 v->keep_days, *class ? " class=" : "", class,
		 v->mandatory ? " mandatory" : "",
		 v->announce ? " announce" : "",
		 v->early ? " early-media" : "");
	o.n = (size_t)snprintf(to, o.size, "%.*s", cut, sentence);
	put_str(&o, head);
	put_sides(&o, v);
	put_owners(&o, v);
	to[o.n] = ']';
	to[o.n + 1] = '\0';
}

static bool hex(uint8_t c, unsigned *v)
{
	int n = g_ascii_xdigit_value((char)c);

	*v = (unsigned)n;
	return n >= 0;
}

static char *unescape(span s)
{
	GString *text = g_string_sized_new(s.left);
	uint8_t c, hi, lo;
	unsigned a, b;

	while (span_u8(&s, &c)) {
		span rest = s;

		if (c == '%' && span_u8(&rest, &hi) && span_u8(&rest, &lo) &&
		    hex(hi, &a) && hex(lo, &b) && (a || b)) {
			g_string_append_c(text, (char)(a << 4 | b));
			s = rest;
		} else {
			g_string_append_c(text, (char)(c ? c : '?'));
		}
	}
	return g_string_free(text, FALSE);
}

static void take_owners(cat_entry *e, span list)
{
	bool more = true;
	span one;

	while (more) {
		more = span_until(&list, ',', &one);
		one = more ? one : list;
		if (one.left)
			g_ptr_array_add(e->owners, unescape(one));
	}
}

static void take_word(cat_entry *e, span word)
{
	uint64_t n;
	span key;

	e->announce |= span_eq(word, "announce");
	if (!span_until(&word, '=', &key))
		return;
	if (span_eq(key, "mode")) {
		g_free(e->mode);
		e->mode = span_dup(word);
	} else if (span_eq(key, "scope") && !span_eq(word, "any")) {
		g_free(e->scope);
		e->scope = span_dup(word);
	} else if (span_eq(key, "keep") && span_number(word, UINT32_MAX, &n)) {
		e->keep_days = (uint32_t)n;
	} else if (span_eq(key, "class")) {
		g_free(e->class);
		e->class = span_dup(word);
	} else if (span_eq(key, "owners")) {
		take_owners(e, word);
	}
}

/* Where " [mode=" begins last. */
static bool tail_cut(span told, span *sentence, span *tail)
{
	static const char mark[] = " [mode=";

	for (size_t n = told.left; n > 0; n--) {
		span at = told;

		if (!span_cut(&at, n - 1, sentence))
			return false;
		if (!span_starts(at, mark))
			continue;
		*tail = at;
		return span_skip(tail, 2) && tail->left > 0 &&
		       tail->p[tail->left - 1] == ']';
	}
	return false;
}

bool cat_entry_told(cat_entry *e, span told)
{
	span sentence, tail, inner, word;

	if (!tail_cut(told, &sentence, &tail) ||
	    !span_cut(&tail, tail.left - 1, &inner)) {
		g_free(e->reason);
		e->reason = span_dup(told);
		return false;
	}
	while (span_word(&inner, &word))
		take_word(e, word);
	g_free(e->reason);
	e->reason = span_dup(sentence);
	return true;
}

static void find_word(cat_told *t, span word)
{
	uint64_t n;
	span key;

	t->mandatory |= span_eq(word, "mandatory");
	t->early |= span_eq(word, "early-media");
	if (!span_until(&word, '=', &key))
		return;
	if (span_eq(key, "sides") && span_number(word, 7, &n))
		t->sides = (unsigned)n;
	else if (span_eq(key, "mode"))
		t->found = cat_mode_parse(word, &t->mode);
}

cat_told cat_told_find(span told)
{
	cat_told t = {.found = false};
	span sentence, tail, inner, word;

	if (!tail_cut(told, &sentence, &tail) ||
	    !span_cut(&tail, tail.left - 1, &inner))
		return t;
	while (span_word(&inner, &word))
		find_word(&t, word);
	return t;
}
