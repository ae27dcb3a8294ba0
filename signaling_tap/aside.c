#include "signaling_tap/aside.h"

void tap_aside_refer(tap_call *c, const tap_msg *m)
{
	span to = m->sip->first[TAP_H_REFER_TO];
	char text[TAP_FACT_MAX];

	tap_header_text(to, text, sizeof(text));
	tap_call_note(c, m->at, TAP_F_REFER_TO, text);
	tap_call_tell_mark(c, m->at, REC_TRANSFER, m->side, span_str(text));
}

void tap_aside_refer_refused(tap_call *c, const tap_msg *m)
{
	tap_call_tell_mark(c, m->at, REC_UNTRANSFERRED, m->side, (span){0});
}

/* RFC 3515 2.4.5: the body of a NOTIFY is the status line of what the REFER led
 * to. A transfer that works ends by itself. */
void tap_aside_notify(tap_call *c, const tap_msg *m)
{
	span body = m->sip->body, line, version;
	uint64_t status;

	if (span_line(&body, &line) && span_until(&line, ' ', &version) &&
	    span_caseeq(version, "SIP/2.0") &&
	    span_decimal(&line, 699, &status) && status >= 300)
		tap_call_tell_mark(c, m->at, REC_UNTRANSFERRED, m->side,
				   span_trim(line));
}

/* A key as it is written on it, or by its number (RFC 4733 3.2), as some
 * gateways send those that are no digits. 0: it is none. */
static char key_of(span text)
{
	static const char keys[] = "0123456789*#ABCD!";
	uint64_t n;
	char c;

	text = span_trim(text);
	if (text.left == 2 && span_number(text, sizeof(keys) - 2, &n))
		return keys[n];
	c = text.left == 1 ? g_ascii_toupper((char)text.p[0]) : '\0';
	return c && strchr(keys, c) ? c : '\0';
}

/* "Signal=5" of application/dtmf-relay, or the digit alone of
 * application/dtmf. */
void tap_aside_info(tap_call *c, const tap_msg *m)
{
	span body = m->sip->body, line, key;
	span type = m->sip->first[TAP_H_CONTENT_TYPE];
	char pressed;

	if (span_casestarts(type, "application/dtmf-relay")) {
		while (span_line(&body, &line))
			if (span_until(&line, '=', &key) &&
			    span_caseeq(span_trim(key), "Signal")) {
				body = line;
				break;
			}
	} else if (!span_casestarts(type, "application/dtmf")) {
		return;
	}
	pressed = key_of(body);
	if (pressed)
		tap_call_tell_mark(c, m->at, REC_DTMF, m->side,
				   span_of(&pressed, 1));
}
