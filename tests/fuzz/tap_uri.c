/* Targets: tap_uri_parse, tap_nameaddr_next, tap_param_find,
 * tap_uri_canonical, tap_uri_number */
#include "signaling_tap/uri.h"

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* One spelling: the canonical form of a canonical form is itself. */
static void canonical(const tap_uri *u)
{
	char one[512], two[512];
	tap_uri again;

	tap_uri_number(u, one, sizeof(one));
	tap_uri_canonical(u, one, sizeof(one));
	if (!one[0])
		return;
	if (!tap_uri_parse(span_str(one), &again))
		return;
	tap_uri_canonical(&again, two, sizeof(two));
	g_assert_cmpstr(one, ==, two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	span in = span_of(data, n), value;
	tap_nameaddr a;
	tap_uri u;

	if (tap_uri_parse(in, &u))
		canonical(&u);
	while (tap_nameaddr_next(&in, &a)) {
		g_assert(a.uri.left > 0);
		if (tap_param_find(a.params, "tag", &value))
			g_assert(value.left <= a.params.left);
		if (tap_uri_parse(a.uri, &u))
			canonical(&u);
	}
	return 0;
}
