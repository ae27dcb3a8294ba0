/* msg.c - SIP messages out of a TCP stream. Folded lines are not unfolded:
 * neither Kamailio nor this phone writes them. */
#include "tools/phone/msg.h"

#include <string.h>

static const char *next_line(const char *line)
{
	const char *end = strstr(line, "\r\n");

	return end ? end + 2 : line + strlen(line);
}

/* Is this line the header `name`? Then where its value begins. */
static const char *header_value(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (g_ascii_strncasecmp(line, name, n))
		return NULL;
	line += n;
	while (*line == ' ' || *line == '\t')
		line++;
	if (*line != ':')
		return NULL;
	for (line++; *line == ' ' || *line == '\t'; line++)
		;
	return line;
}

char *phone_msg_header(const phone_msg *m, const char *name)
{
	for (const char *l = next_line(m->head); *l; l = next_line(l)) {
		const char *v = header_value(l, name);

		if (v)
			return g_strstrip(g_strndup(v, next_line(l) - v));
	}
	return NULL;
}

void phone_msg_copy(const phone_msg *m, const char *name, GString *to)
{
	for (const char *l = next_line(m->head); *l; l = next_line(l))
		if (header_value(l, name))
			g_string_append_len(to, l, next_line(l) - l);
}

char *phone_msg_uri(const char *value)
{
	const char *open = strchr(value, '<');
	size_t n;

	if (open)
		return g_strndup(open + 1, strcspn(open + 1, ">"));
	n = strcspn(value, ";, ");
	return g_strndup(value, n);
}

char *phone_msg_tag(const char *value)
{
	const char *tag = strchr(value, '>');

	tag = strstr(tag ? tag : value, ";tag=");
	return tag ? g_strndup(tag + 5, strcspn(tag + 5, "; \r")) : NULL;
}

static void read_start_line(phone_msg *m)
{
	g_autofree char *cseq = phone_msg_header(m, "CSeq");
	char *rest = NULL;

	if (cseq)
		m->cseq = (unsigned)g_ascii_strtoull(cseq, &rest, 10);
	if (g_str_has_prefix(m->head, "SIP/2.0 "))
		m->status = (int)g_ascii_strtoull(m->head + 8, NULL, 10);
	m->method = g_strdup(rest ? g_strstrip(rest) : "");
}

phone_msg *phone_msg_take(GString *s)
{
	size_t blank = strspn(s->str, "\r\n"), head, body = 0;
	g_autofree char *length = NULL;
	g_autoptr(phone_msg) m = NULL;
	char *end;

	g_string_erase(s, 0, (gssize)blank);	/* RFC 5626 3.5.1 */
	end = strstr(s->str, "\r\n\r\n");
	if (!end)
		return NULL;
	head = (size_t)(end - s->str) + 4;
	m = g_new0(phone_msg, 1);
	m->head = g_strndup(s->str, head - 2);
	length = phone_msg_header(m, "Content-Length");
	if (!length)
		length = phone_msg_header(m, "l");
	if (length)
		body = (size_t)g_ascii_strtoull(length, NULL, 10);
	if (s->len - head < body)
		return NULL;
	m->body = g_strndup(s->str + head, body);
	g_string_erase(s, 0, (gssize)(head + body));
	read_start_line(m);
	return g_steal_pointer(&m);
}

void phone_msg_free(phone_msg *m)
{
	if (!m)
		return;
	g_free(m->head);
	g_free(m->body);
	g_free(m->method);
	g_free(m);
}
