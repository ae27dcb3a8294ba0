#include "signaling_tap/keypad.h"

#include <string.h>

enum { APART_S = 3 };

static const struct {
	const char *verb;
	rec_mark mark;
} acts[] = {
	{"pause", REC_PAUSE}, {"resume", REC_RESUME}, {"stop", REC_STOP},
	{"start", REC_START}, {"mark", REC_TAG},
};

const char *tap_keypad_verb(rec_mark mark)
{
	for (size_t i = 0; i < G_N_ELEMENTS(acts); i++)
		if (acts[i].mark == mark)
			return acts[i].verb;
	return NULL;
}

bool tap_keypad_act(span verb, rec_mark *out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(acts); i++)
		if (span_eq(verb, acts[i].verb)) {
			*out = acts[i].mark;
			return true;
		}
	return false;
}

static bool code_parse(const char *text, tap_keypad_code *out)
{
	span digits = span_str(text), verb;

	if (!span_until(&digits, '=', &verb) ||
	    !tap_keypad_act(verb, &out->mark) || digits.left < 2 ||
	    digits.left > TAP_KEYPAD_DIGITS)
		return false;
	span_copy(digits, out->digits, sizeof(out->digits));
	return strspn(out->digits, "0123456789*#ABCD") == digits.left;
}

bool tap_keypad_parse(char *const *list, tap_keypad_plan *out, GError **err)
{
	for (out->n = 0; *list; list++) {
		if (out->n < TAP_KEYPAD_CODES &&
		    code_parse(*list, &out->code[out->n])) {
			out->n++;
			continue;
		}
		g_set_error(err, TAP_ERROR, TAP_ERROR_RULE,
			    "\"%s\": expected pause, resume, stop, start or "
			    "mark, =, and two to eight keys, such as pause=*7",
			    *list);
		return false;
	}
	return true;
}

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

rec_mark tap_keypad_press(tap_keypad *k, const tap_keypad_plan *plan,
			  clk_mono at, char digit)
{
	size_t n;

	if (clk_since(at, k->at) > APART_S * CLK_NS_PER_S)
		k->last[0] = '\0';
	k->at = at;
	n = strlen(k->last);
	if (n == TAP_KEYPAD_DIGITS)
		memmove(k->last, k->last + 1, n--);
	k->last[n] = digit;
	k->last[n + 1] = '\0';
	for (unsigned i = 0; i < plan->n; i++)
		if (ends_in(k->last, plan->code[i].digits)) {
			k->last[0] = '\0';
			return plan->code[i].mark;
		}
	return 0;
}
