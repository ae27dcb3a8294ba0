#include "signaling_tap/uri.h"

#include <glib.h>

#include "core/put.h"

static bool any_of(const char *stops, uint8_t c)
{
	for (; *stops; stops++)
		if (c == (uint8_t)*stops)
			return true;
	return false;
}

/* Up to the first of `stops`, which stays in `in`; the whole without one. */
static span before(span *in, const char *stops)
{
	span out = {in->p, 0};

	while (out.left < in->left && !any_of(stops, in->p[out.left]))
		out.left++;
	if (!span_skip(in, out.left))
		g_assert_not_reached();
	return out;
}

static bool taken(span *in, uint8_t c)
{
	return in->left && in->p[0] == c && span_skip(in, 1);
}

/* strchr() finds its own end; a NUL from outside must not match it. */
static bool clean(span s)
{
	for (size_t i = 0; i < s.left; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool tel_parse(span rest, tap_uri *out)
{
	out->user = before(&rest, ";?");
	if (taken(&rest, ';'))
		out->params = before(&rest, "?");
	return out->user.left > 0;
}

/* A user part may itself hold ';', '?' and '/' (RFC 3261 25.1), so '@' is
 * looked for first. */
static bool sip_parse(span rest, tap_uri *out)
{
	span user;

	if (span_until(&rest, '@', &user)) {
		out->user = before(&user, ":");
		if (!out->user.left)
			return false;
	}
	if (rest.left && rest.p[0] == '[') {
		out->host = before(&rest, "]");
		if (!taken(&rest, ']'))
			return false;
		out->host.left++;
	} else {
		out->host = before(&rest, ":;?");
	}
	if (taken(&rest, ':') && !before(&rest, ";?").left)
		return false;
	if (taken(&rest, ';'))
		out->params = before(&rest, "?");
	if (taken(&rest, '?'))
		out->headers = rest;
	return out->host.left > 0;
}

bool tap_uri_parse(span text, tap_uri *out)
{
	*out = (tap_uri){0};
	text = span_trim(text);
	if (!clean(text) || !span_until(&text, ':', &out->scheme))
		return false;
	if (span_caseeq(out->scheme, "tel"))
		return tel_parse(text, out);
	if (span_caseeq(out->scheme, "sip") || span_caseeq(out->scheme, "sips"))
		return sip_parse(text, out);
	return false;
}

/* A quoted string at the front, its quotes taken off (RFC 3261 25.1). */
static bool quoted(span *in, span *out)
{
	span s = *in;
	size_t n = 0;

	if (!taken(&s, '"'))
		return false;
	while (n < s.left && s.p[n] != '"')
		n += s.p[n] == '\\' ? 2 : 1;
	if (n >= s.left || !span_cut(&s, n, out))
		return false;
	*in = s;
	return taken(in, '"');
}

/* Parameters up to a comma outside quotes, which is eaten. */
static bool params_cut(span *in, span *out)
{
	span gone;

	*out = (span){in->p, 0};
	while (in->left && in->p[0] != ',') {
		size_t was = in->left;

		if (in->p[0] == '"' ? !quoted(in, &gone) : !span_skip(in, 1))
			return false;
		out->left += was - in->left;
	}
	if (in->left && !span_skip(in, 1))
		return false;
	return true;
}

static void blanks_skip(span *in)
{
	span s = span_trim(*in);

	if (!span_skip(in, s.left ? (size_t)(s.p - in->p) : in->left))
		g_assert_not_reached();
}

static bool display_cut(span *in, span *name)
{
	if (in->left && in->p[0] == '"')
		return quoted(in, name);
	*name = span_trim(before(in, "<,;"));
	return true;
}

bool tap_nameaddr_next(span *in, tap_nameaddr *out)
{
	span bare;

	*out = (tap_nameaddr){0};
	blanks_skip(in);
	if (!in->left || !display_cut(in, &out->name))
		return false;
	blanks_skip(in);
	if (taken(in, '<')) {
		if (!span_until(in, '>', &out->uri))
			return false;
	} else {
		/* addr-spec: parameters belong to the header, not the URI. */
		bare = out->name;
		out->name = (span){0};
		out->uri = bare;
	}
	if (!out->uri.left)
		return false;
	blanks_skip(in);
	if (in->left && in->p[0] != ';' && in->p[0] != ',')
		return false;
	if (taken(in, ';'))
		return params_cut(in, &out->params);
	return params_cut(in, &bare);
}

/* One "name[=value]" up to ';', which is eaten. */
static bool param_next(span *in, span *name, span *value)
{
	*value = (span){0};
	blanks_skip(in);
	if (!in->left)
		return false;
	*name = span_trim(before(in, "=;"));
	if (taken(in, '=')) {
		blanks_skip(in);
		if (!quoted(in, value))
			*value = span_trim(before(in, ";"));
	}
	before(in, ";");
	return !in->left || taken(in, ';');
}

bool tap_param_find(span params, const char *name, span *value)
{
	span key;

	while (param_next(&params, &key, value))
		if (span_caseeq(key, name))
			return true;
	return false;
}

static void put_lower(put *o, span s)
{
	for (size_t i = 0; i < s.left; i++)
		put_u8(o, (uint8_t)g_ascii_tolower((char)s.p[i]));
}

/* RFC 3966 5.1.1: visual separators carry no meaning. */
static void put_digits(put *o, span s)
{
	for (size_t i = 0; i < s.left; i++)
		if (!strchr("-.()", s.p[i]))
			put_u8(o, s.p[i]);
}

static void text_end(put *o, char *to)
{
	to[o->full ? 0 : o->n] = '\0';
}

void tap_uri_canonical(const tap_uri *u, char *to, size_t size)
{
	put o = put_into(to, size - 1);

	if (span_caseeq(u->scheme, "tel")) {
		put_bytes(&o, "tel:", 4);
		put_digits(&o, u->user);
	} else if (u->host.left) {
		put_bytes(&o, "sip:", 4);
		put_lower(&o, u->user);
		if (u->user.left)
			put_u8(&o, '@');
		put_lower(&o, u->host);
	}
	text_end(&o, to);
}

static bool is_number(span user)
{
	if (!taken(&user, '+') || !user.left)
		return false;
	for (size_t i = 0; i < user.left; i++)
		if (!g_ascii_isdigit((char)user.p[i]) &&
		    !strchr("-.()", user.p[i]))
			return false;
	return true;
}

void tap_uri_number(const tap_uri *u, char *to, size_t size)
{
	put o = put_into(to, size - 1);
	span kind, user = u->user, number;
	bool phone;

	/* "+4930;ext=12@gateway": the extension is not part of the number */
	number = before(&user, ";");
	phone = tap_param_find(u->params, "user", &kind) &&
		span_caseeq(kind, "phone");
	if (number.left && (span_caseeq(u->scheme, "tel") || phone ||
			    is_number(number))) {
		put_bytes(&o, "tel:", 4);
		put_digits(&o, number);
	}
	text_end(&o, to);
}
