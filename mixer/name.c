#include <string.h>
#include <time.h>

#include "mixer/mix.h"

/* What a stranger chose (a SIP address, a Call-ID) ends up in a file name, so
 * only letters, digits and a few harmless signs pass. */
enum { TOKEN_MAX = 64 };	/* octets that one token may fill */

static bool harmless(gunichar c)
{
	if (c < 0x80)
		return g_ascii_isalnum((char)c) ||
		       (c && strchr("-_.+@=", (int)c));
	return g_unichar_isalnum(c);
}

/* Appends at most `max` octets of `text`. */
static void append_clean(GString *to, const char *text, size_t n, size_t max)
{
	const char *end = text + n;
	size_t start = to->len;

	while (text < end) {
		gunichar c = g_utf8_get_char_validated(text, end - text);
		bool bad = c == (gunichar)-1 || c == (gunichar)-2;
		char utf8[6];
		int len;

		if (bad || !harmless(c))
			c = '_';
		len = g_unichar_to_utf8(c, utf8);
		if (to->len - start + (size_t)len > max)
			return;
		g_string_append_len(to, utf8, len);
		text = bad ? text + 1 : g_utf8_next_char(text);
	}
}

static void append_time(GString *to, clk_wall t, const char *format)
{
	time_t s = (time_t)(t.ns / CLK_NS_PER_S);
	char text[32];
	struct tm tm;

	if (gmtime_r(&s, &tm) && strftime(text, sizeof(text), format, &tm))
		g_string_append(to, text);
}

static void append_text(GString *to, const char *text)
{
	static const char *const schemes[] = {"sip:", "sips:", "tel:"};

	if (!text || !*text)
		text = "unknown";
	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
		if (g_str_has_prefix(text, schemes[i]))
			text += strlen(schemes[i]);
	}
	append_clean(to, text, strlen(text), TOKEN_MAX);
}

static bool append_token(GString *to, const char *token, size_t n,
			 const mix_name *v)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{"caller", v->caller},
		{"callee", v->callee},
		{"call", v->call},
		{"id", v->id},
		{"user", v->user},
		{"rule", v->rule},
	};

	if (n == 4 && !strncmp(token, "date", n)) {
		append_time(to, v->begun, "%Y%m%d");
		return true;
	}
	if (n == 4 && !strncmp(token, "time", n)) {
		append_time(to, v->begun, "%H%M%S");
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		if (strlen(texts[i].name) == n &&
		    !strncmp(token, texts[i].name, n)) {
			append_text(to, texts[i].text);
			return true;
		}
	}
	return false;
}

/* Hidden files, "..", and what looks like an option. */
static void finish_name(GString *name)
{
	const char *end;

	if (!name->len)
		g_string_append(name, "call");
	if (name->str[0] == '.' || name->str[0] == '-')
		name->str[0] = '_';
	if (name->len <= MIX_NAME_MAX)
		return;
	end = g_utf8_find_prev_char(name->str, name->str + MIX_NAME_MAX + 1);
	g_string_truncate(name, (gsize)(end - name->str));
}

char *mix_name_expand(const char *pattern, const mix_name *n, GError **err)
{
	static const char known[] = "; there are {date}, {time}, {caller}, "
				    "{callee}, {call}, {id}, {user}, {rule}";
	g_autoptr(GString) name = g_string_new(NULL);
	const char *p = pattern;

	while (*p) {
		size_t plain = strcspn(p, "{");
		const char *close;

		append_clean(name, p, plain, SIZE_MAX);
		p += plain;
		if (!*p)
			break;
		close = strchr(p, '}');
		if (!close || !append_token(name, p + 1,
					    (size_t)(close - p - 1), n)) {
			g_set_error(err, MIX_ERROR, MIX_ERROR_PLAN,
				    "file name pattern '%s': %s at '%s'%s",
				    pattern, close ? "unknown token"
						   : "no closing brace", p,
				    close ? known : "");
			return NULL;
		}
		p = close + 1;
	}
	finish_name(name);
	return g_strdup(name->str);
}
