/* The cost of rewriting one body: a real Lync offer of two parts, and long
 * bodies of one shape, whose cost must grow with their length and no faster.
 * Fails when the rewriter allocates. */
#include "ice_rewriter/ice.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/cost.h"

enum { ROOM = 1 << 20, BLOCKS = 240 };

static unsigned long allocations;

void *__libc_malloc(size_t n);
void *malloc(size_t n);
void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

/* Nanoseconds of one rewriting, the best of five series. */
static double cost(const char *type, const char *body, unsigned rounds)
{
	static uint8_t room[ROOM];
	ice_plan p = ice_plan_default();
	span in = span_str(body), what = span_str(type);
	double best = 0;
	ice_report r;

	p.method = ICE_REMOVE;
	for (unsigned series = 0; series < 5; series++) {
		unsigned long before = allocations;
		double start = cost_cpu_ns(), ns;

		for (unsigned i = 0; i < rounds; i++) {
			put out = put_into(room, sizeof(room));

			if (ice_rewrite(&p, what, in, &out, &r) != ICE_CHANGED)
				exit(1);
		}
		ns = (cost_cpu_ns() - start) / rounds;
		if (allocations != before) {
			fprintf(stderr, "ice_rewrite allocates\n");
			exit(1);
		}
		if (series == 0 || ns < best)
			best = ns;
	}
	return best;
}

static char *long_body(unsigned candidates, unsigned others)
{
	GString *s = g_string_new("v=0\r\nc=IN IP4 10.0.0.1\r\n"
				  "m=audio 5000 RTP/SAVP 0\r\n");

	for (unsigned i = 0; i < candidates; i++)
		g_string_append_printf(
			s, "a=candidate:%u 1 UDP 1 %s.%u 5000 typ %s \r\n", i,
			i % 2 ? "10.0.0" : "203.0.113", i % 250 + 1,
			i % 2 ? "host" : "relay");
	for (unsigned i = 0; i < others; i++)
		g_string_append_printf(s, "a=x-something:%u of no meaning\r\n",
				       i);
	return g_string_free(s, FALSE);
}

static double report(const char *what, const char *type, const char *body,
		     unsigned rounds)
{
	double ns = cost(type, body, rounds);
	size_t n = strlen(body);

	printf("ice_rewrite %-24s %6zu octets %8.0f ns %6.2f ns/octet "
	       "%7.0f a second\n", what, n, ns, ns / (double)n, 1e9 / ns);
	return ns / (double)n;
}

int main(void)
{
	g_autofree char *e1 = cost_file("tests/golden/sdp/e1.sdp");
	g_autofree char *e2 = cost_file("tests/golden/sdp/e2.sdp");
	g_autofree char *offer = g_strconcat(
		"--b\r\nContent-Type: application/sdp\r\n\r\n", e2,
		"\r\n--b\r\nContent-Type: application/sdp\r\n\r\n", e1,
		"\r\n--b--\r\n", NULL);
	g_autofree char *few = long_body(BLOCKS / 16, 0);
	g_autofree char *many = long_body(BLOCKS, 0);
	g_autofree char *small = long_body(4, 100);
	g_autofree char *large = long_body(4, 10000);
	const char *sdp = "application/sdp";
	double a, b, c, d;

	report("multipart Lync offer", "multipart/mixed;boundary=b", offer,
	       4000);
	a = report("15 candidates", sdp, few, 10000);
	b = report("240 candidates", sdp, many, 1000);
	c = report("100 other lines", sdp, small, 5000);
	d = report("10000 other lines", sdp, large, 50);
	if (b > 3 * a || d > 3 * c) {
		fprintf(stderr, "the cost of an octet grows with the length\n");
		return 1;
	}
	return 0;
}
