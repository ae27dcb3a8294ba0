/* The cost of one message in the tap: reading, deciding, telling and rewriting
 * a Lync INVITE of two parts, each of a call of its own; the same for a call
 * that is not recorded; and the memory of a dialog that waits. The best of some
 * series, since the machine may be shared. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "ice_rewriter/ice.h"
#include "signaling_tap/tap.h"
#include "tests/support/cost.h"

enum { CALLS = 1000, SERIES = 12, IDLE_MAX = 8192, FLOOR = 10000 };

static bool record;

static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	(void)f;
	*out = (rec_decision){.record = record, .audio = true,
			      .rule = span_str("*"), .reason = span_str("")};
	return true;
}

static void sink(void *user, uint64_t call, void **own, const rec_event *e)
{
	(void)call;
	(void)own;
	*(uint64_t *)user += e->type;
}

static char *offer_body(void)
{
	g_autofree char *e1 = cost_file("tests/golden/sdp/e1.sdp");
	g_autofree char *e2 = cost_file("tests/golden/sdp/e2.sdp");

	return g_strconcat(
		"--b\r\nContent-Type: application/sdp\r\n"
		"Content-Disposition: session; handling=optional; "
		"ms-proxy-2007fallback\r\n\r\n", e2,
		"\r\n--b\r\nContent-Type: application/sdp\r\n\r\n", e1,
		"\r\n--b--\r\n", NULL);
}

static char *message(const char *start, unsigned call, const char *to_tag,
		     const char *type, const char *body)
{
	return g_strdup_printf(
		"%s\r\nVia: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK%u;"
		"ms-received-port=5061;ms-received-cid=800\r\n"
		"Record-Route: <sip:pool.example:5061;transport=tls;"
		"opaque=state:T:F:Ci.R800;lr;ms-route-sig=abcdefghijklmnop>\r\n"
		"From: \"Alice Example\" <sip:alice@example.com>;tag=%u;"
		"epid=48071abc53a0\r\n"
		"To: <sip:bob@example.com>%s;epid=dc3aa2322d81\r\n"
		"Call-ID: 2625gB978a4930iCB76m429CtAF9Ab1909x%ux\r\n"
		"CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
		"User-Agent: UCCAPI/16.0.4266.1001 OC/16.0.4266.1001\r\n"
		"Ms-Conversation-ID: AdFx0123456789abcdefgh==\r\n"
		"P-Asserted-Identity: \"Alice\"<sip:alice@example.com>,"
		"<tel:+4930111>\r\n"
		"Supported: ms-dialog-route-set-update, timer, histinfo, "
		"ms-safe-transfer, ms-sender, ms-early-media, 100rel\r\n"
		"Contact: <sip:alice@example.com;opaque=user:epid:abc;gruu>\r\n"
		"Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", start,
		call, call, to_tag, call, type, strlen(body), body);
}

static double run(tap_calls *c, char **texts, tap_verdict want)
{
	const tap_source src = {span_str("fe1"), true};
	clk_both now = clk_from_wall(CLK_NS_PER_S);
	double start = cost_cpu_ns();

	for (unsigned i = 0; i < CALLS; i++) {
		tap_answer a;

		tap_calls_message(c, now, &src, span_str(texts[i]), &a);
		if (a.verdict != want) {
			fprintf(stderr, "a wrong verdict: %d\n", a.verdict);
			exit(1);
		}
	}
	return (cost_cpu_ns() - start) / CALLS;
}

static void tell(const char *what, size_t octets, double ns)
{
	printf("tap_calls %-26s %6zu octets %8.0f ns %7.0f a second\n", what,
	       octets, ns, 1e9 / ns);
}

static char **all_of(const char *start, const char *to_tag, const char *type,
		     const char *body)
{
	char **to = g_new0(char *, CALLS + 1);

	for (unsigned i = 0; i < CALLS; i++)
		to[i] = message(start, i, to_tag, type, body);
	return to;
}

typedef struct costs {
	double invite, ok, again, passed;
	size_t dialog;
} costs;

static void least(double *to, double ns)
{
	if (*to == 0 || ns < *to)
		*to = ns;
}

/* Each series has a tap of its own, so that its calls are new. */
static void series(const tap_config *cfg, char **invites, char **oks, costs *to)
{
	tap_calls *c = tap_calls_new(cfg), *plain = tap_calls_new(cfg);
	size_t before = mallinfo2().uordblks;

	record = true;
	least(&to->invite, run(c, invites, TAP_REPLACED));
	least(&to->ok, run(c, oks, TAP_REPLACED));
	to->dialog = (mallinfo2().uordblks - before) / CALLS;
	least(&to->again, run(c, invites, TAP_REPLACED));
	record = false;
	least(&to->passed, run(plain, invites, TAP_PASS));
	tap_calls_free(c);
	tap_calls_free(plain);
}

int main(void)
{
	const ice_plan plan = ice_plan_default();
	uint64_t told = 0;
	const tap_config cfg = {.decide = decide, .sink = sink, .plan = &plan,
				.sink_user = &told};
	g_autofree char *body = offer_body();
	g_autofree char *answer = cost_file("tests/golden/sdp/e1.sdp");
	g_auto(GStrv) invites = all_of("INVITE sip:bob@example.com SIP/2.0", "",
				       "multipart/alternative;boundary=b",
				       body);
	g_auto(GStrv) oks = all_of("SIP/2.0 200 OK", ";tag=b",
				   "application/sdp", answer);
	costs best = {0};

	for (unsigned i = 0; i < SERIES; i++)
		series(&cfg, invites, oks, &best);
	tell("INVITE, recorded", strlen(invites[0]), best.invite);
	tell("200, recorded", strlen(oks[0]), best.ok);
	tell("INVITE again", strlen(invites[0]), best.again);
	tell("INVITE, not recorded", strlen(invites[0]), best.passed);
	printf("tap_calls %zu octets a dialog that waits\n", best.dialog);
	if (best.dialog > IDLE_MAX || 1e9 / best.invite < FLOOR) {
		fprintf(stderr, "more than %d octets a dialog, or fewer than "
				"%d INVITEs a second\n", IDLE_MAX, FLOOR);
		return 1;
	}
	return 0;
}
