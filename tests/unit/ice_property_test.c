/* Made-up bodies of every shape; what must hold of all of them is in
 * ice_oracle.h, and what is known of these by their making is here. */
#include "ice_rewriter/ice.h"

#include <glib.h>

#include "tests/support/ice_oracle.h"

enum { SEED = 20261121, ROUNDS = 4000 };

typedef struct maker {
	GRand *rand;
	GString *text;
	const char *eol;
	const char *host[3], *relay[2];
	bool draft06;
} maker;

static unsigned upto(maker *m, unsigned n)
{
	return (unsigned)g_rand_int_range(m->rand, 0, (gint32)n);
}

static bool one_in(maker *m, unsigned n)
{
	return upto(m, n) == 0;
}

static void line(maker *m, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void line(maker *m, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_string_append_vprintf(m->text, format, ap);
	va_end(ap);
	g_string_append(m->text, m->eol);
}

static const char *any_host(maker *m)
{
	return m->host[upto(m, G_N_ELEMENTS(m->host))];
}

static const char *any_relay(maker *m)
{
	return m->relay[upto(m, G_N_ELEMENTS(m->relay))];
}

static void make_new_cand(maker *m, bool relay, unsigned component)
{
	static const char *const transport[] = {"UDP", "udp", "TCP-PASS",
						"TCP-ACT", "tcp-act"};
	static const char *const type[] = {"host", "srflx", "prflx", "HOST",
					   "other"};
	const char *ip = relay ? any_relay(m) : any_host(m);

	if (one_in(m, 8)) {
		line(m, "a=x-candidate-ipv6:%u %u UDP 1 2001:db8::%u %u "
			"typ %s ", upto(m, 9), component, 1 + relay + upto(m, 2) * 2,
		     40000 + upto(m, 50),
		     relay ? "relay" : type[upto(m, 3)]);
		return;
	}
	line(m, "a=candidate:%u %u %s %u %s %u typ %s%s%s", upto(m, 9),
	     component, transport[upto(m, 5)], upto(m, 1 << 30), ip,
	     5000 + upto(m, 6), relay ? "relay" : type[upto(m, 5)],
	     one_in(m, 2) ? " raddr 10.0.0.1 rport 5000" : "",
	     one_in(m, 2) ? " " : "");
}

static void make_old_cand(maker *m, bool relay, unsigned component)
{
	line(m, "a=candidate:Id%u %u pass UDP 0.%u %s %u ", upto(m, 9),
	     component, relay ? 410 : 550 + upto(m, 300),
	     relay ? any_relay(m) : any_host(m), 5000 + upto(m, 6));
}

static void make_cands(maker *m)
{
	unsigned n = upto(m, 9);
	bool no_relay = one_in(m, 4);

	for (unsigned i = 0; i < n; i++) {
		bool relay = !no_relay && one_in(m, 2);

		if (m->draft06)
			make_old_cand(m, relay, 1 + upto(m, 2));
		else
			make_new_cand(m, relay, 1 + upto(m, 2));
		if (one_in(m, 20))
			line(m, "a=candidate:%u unreadable", upto(m, 9));
	}
}

static void make_conn(maker *m)
{
	switch (upto(m, 8)) {
	case 0:
		line(m, "c=IN IP4 0.0.0.0");
		break;
	case 1:
		line(m, "c=IN IP6 2001:db8::%u", upto(m, 4));
		break;
	case 2:
		line(m, "c=IN IP4 %s", any_relay(m));
		break;
	default:
		line(m, "c=IN IP4 %s%s", any_host(m), one_in(m, 9) ? " " : "");
	}
}

static void make_rtcp(maker *m)
{
	if (one_in(m, 2))
		line(m, "a=rtcp:%u", 5000 + upto(m, 6));
	else
		line(m, "a=rtcp:%u IN IP4 %s", 5000 + upto(m, 6),
		     one_in(m, 2) ? any_host(m) : any_relay(m));
}

static void make_extras(maker *m)
{
	if (one_in(m, 2))
		make_rtcp(m);
	if (one_in(m, 2))
		line(m, "a=cryptoscale:1 client K inline:x|2^31|1:1");
	if (one_in(m, 2))
		line(m, "a=crypto:2 K inline:y|2^31");
	if (one_in(m, 2))
		line(m, "a=rtpmap:114 x-msrta/16000");
	if (one_in(m, 3))
		line(m, "a=fmtp:114 bitrate=29000");
	if (one_in(m, 4))
		line(m, "a=x-bypassid:4");
	if (one_in(m, 9))
		line(m, "a=remote-candidates:1 %s 5000", any_host(m));
	if (one_in(m, 9))
		line(m, "a=ice-mismatch");
}

static void make_section(maker *m)
{
	static const char *const kind[] = {"audio", "audio", "video",
					   "application"};

	line(m, "m=%s %u RTP/%s%s", kind[upto(m, 4)],
	     one_in(m, 9) ? 0 : 5000 + upto(m, 6),
	     one_in(m, 2) ? "SAVP" : "AVP",
	     one_in(m, 2) ? " 0 114 13" : " 114 8 18");
	if (one_in(m, 4))
		line(m, "i=about");
	while (one_in(m, 3))
		make_conn(m);
	if (one_in(m, 4))
		line(m, "b=AS:64");
	if (one_in(m, 2))
		make_extras(m);
	make_cands(m);
	make_extras(m);
}

static void make_sdp(maker *m)
{
	unsigned n = 1 + upto(m, 4);

	line(m, "v=0");
	line(m, "o=- 0 1 IN IP4 %s", any_host(m));
	line(m, "s=session");
	if (!one_in(m, 6))
		make_conn(m);
	line(m, "t=0 0");
	if (one_in(m, 8))
		line(m, "a=x-bypassid:7");
	while (n--)
		make_section(m);
}

static void make_multipart(maker *m)
{
	unsigned n = 1 + upto(m, 3);

	for (unsigned i = 0; i < n; i++) {
		line(m, "--b");
		line(m, "Content-Type: application/%ssdp",
		     one_in(m, 5) ? "gw-" : "");
		if (one_in(m, 4))
			line(m, "Content-Length: %u", upto(m, 5000));
		line(m, "%s", "");
		m->draft06 = one_in(m, 2);
		make_sdp(m);
		line(m, "%s", "");
	}
	if (!one_in(m, 4))
		line(m, "--b--");
}

/* One candidate line of a forced section: an independent reading. */
static void check_cand(const ice_plan *p, const char *text)
{
	g_auto(GStrv) w = g_strsplit(text, " ", -1);
	unsigned n = g_strv_length(w);
	bool new = n > 7 && !strcmp(w[6], "typ");
	const char *port, *ip;

	if (n < 7 || (new && !strcmp(w[7], "relay")))
		return;
	if (!new && g_ascii_strtod(w[4], NULL) < 0.5)
		return;
	ip = w[new ? 4 : 5];
	port = w[new ? 5 : 6];
	/* A draft-06 line can be a relay by what its sibling says. */
	if (!new && g_str_has_prefix(ip, "203.0.113."))
		return;
	g_assert_cmpint(p->method, !=, ICE_REMOVE);
	g_assert_cmpstr(port, ==, "9");
	if (p->method == ICE_PORT_ADDRESS)
		g_assert_true(!strcmp(ip, "192.0.2.1") ||
			      !strcmp(ip, "100::1"));
}

/* The n-th m= line of the text is the n-th of the report. */
static void check_forced(const ice_plan *p, span y, const ice_report *r)
{
	unsigned n = 0;
	span text;

	while (span_line(&y, &text)) {
		g_autofree char *s = span_dup(text);

		if (g_str_has_prefix(s, "m="))
			n++;
		g_assert_cmpuint(n, <=, r->n);
		if (n && r->media[n - 1].state == ICE_FORCED &&
		    (g_str_has_prefix(s, "a=candidate:") ||
		     g_str_has_prefix(s, "a=x-candidate-ipv6:")))
			check_cand(p, s);
	}
	g_assert_cmpuint(n, ==, r->n);
}

static ice_plan make_plan(maker *m)
{
	static const char *const decodable[] = {"PCMU", "PCMA", NULL};
	ice_plan p = ice_plan_default();

	p.kinds = upto(m, 8);
	p.method = (ice_method)upto(m, 3);
	p.draft06 = (ice_draft06)upto(m, 3);
	p.drop_undecodable = one_in(m, 2);
	p.drop_cryptoscale = one_in(m, 2);
	p.drop_bypassid = one_in(m, 2);
	p.decodable = decodable;
	return p;
}

typedef struct tally {
	unsigned changed, forced, moved, final, no_relay, malformed;
} tally;

static void one_round(maker *m, tally *t)
{
	bool parts = one_in(m, 2);
	const char *type = parts ? "multipart/alternative;boundary=b"
				 : "application/sdp";
	ice_plan p = make_plan(m);
	ice_report r;
	span x, y;

	g_string_truncate(m->text, 0);
	m->eol = one_in(m, 5) ? "\n" : "\r\n";
	m->draft06 = one_in(m, 3);
	if (parts)
		make_multipart(m);
	else
		make_sdp(m);
	x = y = span_of(m->text->str, m->text->len);
	t->changed += oracle_check(&p, span_str(type), x, &y, &r);
	if (r.why) {
		t->malformed++;
		return;
	}
	check_forced(&p, y, &r);
	for (unsigned i = 0; i < r.n; i++) {
		t->forced += r.media[i].state == ICE_FORCED;
		t->final += r.media[i].state == ICE_FINAL;
		t->no_relay += r.media[i].state == ICE_NO_RELAY;
		t->moved += r.media[i].default_moved;
	}
}

static void test_all(void)
{
	maker m = {
		.rand = g_rand_new_with_seed(SEED),
		.text = g_string_new(NULL),
		.host = {"10.0.0.1", "10.0.0.2", "192.168.7.7"},
		.relay = {"203.0.113.67", "203.0.113.68"},
	};
	tally t = {0};

	g_test_message("seed %d", SEED);
	for (unsigned i = 0; i < ROUNDS; i++)
		one_round(&m, &t);
	g_test_message("changed %u, forced %u, moved %u, final %u, without "
		       "relay %u, malformed %u", t.changed, t.forced, t.moved,
		       t.final, t.no_relay, t.malformed);
	/* The maker reaches every kind of case. */
	g_assert_cmpuint(t.changed, >, ROUNDS / 4);
	g_assert_cmpuint(t.forced, >, ROUNDS / 4);
	g_assert_cmpuint(t.moved, >, ROUNDS / 10);
	g_assert_cmpuint(t.final, >, 0);
	g_assert_cmpuint(t.no_relay, >, 0);
	g_assert_cmpuint(t.malformed, ==, 0);
	g_string_free(m.text, TRUE);
	g_rand_free(m.rand);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice/property/all", test_all);
	return g_test_run();
}
