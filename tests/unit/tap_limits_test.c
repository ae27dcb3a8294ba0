/* Every limit on size and count of the signalling rooms: what is within it is
 * not counted, one more is, and by a counter of its own. docs/limits.md. */
#include <string.h>

#include "ice_rewriter/ice.h"
#include "signaling_tap/dialog.h"

enum { CALLS = 3 };

typedef struct play {
	tap_calls *calls;
	ice_plan plan;
	unsigned said;
} play;

static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	(void)f;
	*out = (rec_decision){.record = true, .audio = true, .video = true,
			      .rule = span_str("all"),
			      .reason = span_str("all"), .refuse = REC_PASS};
	return true;
}

static void say_raw(play *p, const GString *m)
{
	const tap_source src = {span_str("fe1"), true};
	tap_answer a;

	tap_calls_message(p->calls, clk_from_wall(CLK_NS_PER_S * 1000 +
						  p->said++), &src,
			  span_of(m->str, m->len), &a);
}

/* An INVITE, or a response to it when `status` is not NULL. */
static void say(play *p, const char *status, const char *id, const char *from,
		const char *to, const char *more, const char *type,
		const char *body)
{
	g_autoptr(GString) m = g_string_new(status ? status
						   : "INVITE sip:b@x SIP/2.0");

	g_string_append_printf(m, "\r\nFrom: <sip:a@x>;tag=%s\r\n"
			       "To: <sip:b@x>%s%s\r\nCall-ID: %s\r\n"
			       "CSeq: 1 INVITE\r\n%sContent-Type: %s\r\n"
			       "Content-Length: %zu\r\n\r\n%s",
			       from, *to ? ";tag=" : "", to, id, more, type,
			       strlen(body), body);
	say_raw(p, m);
}

static char *times(unsigned n, const char *text)
{
	GString *s = g_string_new(NULL);

	while (n-- > 0)
		g_string_append(s, text);
	return g_string_free(s, FALSE);
}

static void offer(play *p, const char *sdp)
{
	say(p, NULL, "c", "a", "", "", "application/sdp", sdp);
}

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n" \
	     "c=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define AUDIO "m=audio 4000 RTP/SAVP 0\r\n"
#define CAND "a=candidate:1 1 UDP 9 192.0.2.1 4000 typ host\r\n"
#define CRYPTO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" \
	       "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31\r\n"

/* n of something in one description. */
static void offer_of(play *p, const char *head, unsigned n, const char *each)
{
	g_autofree char *many = times(n, each);
	g_autofree char *sdp = g_strconcat(head, many, NULL);

	offer(p, sdp);
}

static void message_long(play *p, unsigned n)
{
	g_autoptr(GString) m = g_string_new("INVITE sip:b@x SIP/2.0\r\n");

	while (m->len + 4096 < n)
		g_string_append_printf(m, "X: %04000d\r\n", 0);
	g_string_append_printf(m, "X: %0*d\r\n\r\n", (int)(n - m->len - 7), 0);
	g_assert_cmpuint(m->len, ==, n);
	say_raw(p, m);
}

static void header_long(play *p, unsigned n)
{
	g_autofree char *x = times(n - 3, "x");
	g_autofree char *line = g_strdup_printf("X: %s\r\n", x);

	say(p, NULL, "c", "a", "", line, "text/plain", "");
}

static void start_long(play *p, unsigned n)
{
	g_autofree char *x = times(n - 23, "x");
	g_autoptr(GString) m = g_string_new(NULL);

	g_string_append_printf(m, "INVITE sip:b@x%s SIP/2.0x\r\n\r\n", x);
	say_raw(p, m);
}

static void headers(play *p, unsigned n)
{
	g_autofree char *more = times(n - 6, "X: y\r\n");

	say(p, NULL, "c", "a", "", more, "text/plain", "");
}

static void call_id(play *p, unsigned n)
{
	g_autofree char *id = times(n, "i");

	say(p, NULL, id, "a", "", "", "text/plain", "");
}

static void tag(play *p, unsigned n)
{
	g_autofree char *t = times(n, "t");

	say(p, NULL, "c", t, "", "", "text/plain", "");
}

static void fact(play *p, unsigned n)
{
	g_autofree char *x = times(n, "x");
	g_autofree char *line = g_strdup_printf("User-Agent: %s\r\n", x);

	say(p, NULL, "c", "a", "", line, "text/plain", "");
}

static void calls(play *p, unsigned n)
{
	while (n-- > 0) {
		g_autofree char *id = g_strdup_printf("c%u", n);

		say(p, NULL, id, "a", "", "", "text/plain", "");
	}
}

static void forks(play *p, unsigned n)
{
	say(p, NULL, "c", "a", "", "", "text/plain", "");
	while (n-- > 0) {
		g_autofree char *to = g_strdup_printf("b%u", n);

		say(p, "SIP/2.0 180 Ringing", "c", "a", to, "", "text/plain",
		    "");
	}
}

/* n addresses of relays, with those that they stand for. */
static char *relays_text(unsigned n)
{
	GString *s = g_string_new(HEAD AUDIO);

	while (n-- > 0)
		g_string_append_printf(s, "a=candidate:1 1 UDP 9 198.51.%u.%u "
				       "5000 typ relay raddr 192.0.2.1 rport "
				       "4000\r\n", n / 200, n % 200 + 1);
	return g_string_free(s, FALSE);
}

static void relays(play *p, unsigned n)
{
	g_autofree char *sdp = relays_text(n);

	offer(p, sdp);
}

static void parts_each(play *p, unsigned n, const char *sdp)
{
	g_autofree char *one = g_strdup_printf(
		"--b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n", sdp);
	g_autofree char *many = times(n, one);
	g_autofree char *body = g_strconcat(many, "--b--\r\n", NULL);

	say(p, NULL, "c", "a", "", "", "multipart/mixed;boundary=b", body);
}

/* Only between parts do addresses have to be known. */
static void addresses(play *p, unsigned n)
{
	g_autofree char *sdp = relays_text(n);

	parts_each(p, 1, sdp);
}

static void media(play *p, unsigned n)
{
	offer_of(p, HEAD, n, AUDIO);
}

static void cands(play *p, unsigned n)
{
	offer_of(p, HEAD AUDIO, n, CAND);
}

static void payloads(play *p, unsigned n)
{
	GString *s = g_string_new(HEAD "m=audio 4000 RTP/SAVP");

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(s, " %u", i);
	g_string_append(s, "\r\n");
	offer(p, s->str);
	g_string_free(s, TRUE);
}

static void cryptos(play *p, unsigned n)
{
	offer_of(p, HEAD AUDIO, n, CRYPTO);
}

static void ssrcs(play *p, unsigned n)
{
	GString *s = g_string_new(HEAD AUDIO);

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(s, "a=ssrc:%u cname:x\r\n", i + 1);
	offer(p, s->str);
	g_string_free(s, TRUE);
}

static void parts(play *p, unsigned n)
{
	parts_each(p, n, HEAD AUDIO);
}

static void all_media(play *p, unsigned n)
{
	g_autofree char *half = times(n / 2, AUDIO);
	g_autofree char *sdp = g_strconcat(HEAD, half, NULL);

	parts_each(p, n % 2 ? 3 : 2, sdp);
}

static void depth(play *p, unsigned n)
{
	g_autofree char *body = g_strdup(HEAD AUDIO);
	g_autofree char *type = g_strdup("application/sdp");

	for (unsigned i = 0; i < n; i++) {
		char *inner = body;

		body = g_strdup_printf("--b%u\r\nContent-Type: %s\r\n\r\n%s"
				       "\r\n--b%u--\r\n", i, type, inner, i);
		g_free(inner);
		g_free(type);
		type = g_strdup_printf("multipart/mixed;boundary=b%u", i);
	}
	say(p, NULL, "c", "a", "", "", type, body);
}

static const struct limit {
	const char *counter;
	void (*play)(play *p, unsigned n);
	unsigned most;
} limits[] = {
	{"sip-too-long", message_long, TAP_SIP_MESSAGE_MAX},
	{"sip-line-too-long", header_long, TAP_SIP_HEADER_MAX},
	{"sip-line-too-long", start_long, TAP_SIP_HEADER_MAX},
	{"sip-too-many", headers, TAP_SIP_HEADERS_MAX},
	{"call-id-too-long", call_id, TAP_ID_MAX},
	{"tag-too-long", tag, TAP_TAG_MAX},
	{"facts-cut", fact, TAP_FACT_MAX - 2},
	{"calls-over-limit", calls, CALLS},
	{"forks-over-limit", forks, TAP_FORKS_MAX},
	{"relays-over-limit", relays, TAP_RELAYS},
	{"streams-over-limit", media, TAP_STREAMS},
	{"sdp-media-over-limit", media, TAP_SDP_MEDIA_MAX},
	{"sdp-candidates-over-limit", cands, TAP_SDP_CANDS_MAX},
	{"sdp-payloads-over-limit", payloads, TAP_SDP_PAYLOADS_MAX},
	{"sdp-cryptos-over-limit", cryptos, TAP_SDP_CRYPTOS_MAX},
	{"sdp-ssrcs-over-limit", ssrcs, TAP_SDP_SSRCS_MAX},
	{"sdp-parts-over-limit", parts, 16},
	{"sdp-depth-over-limit", depth, TAP_SDP_DEPTH_MAX},
	{"rewrite-parts-over-limit", parts, 16},
	{"rewrite-depth-over-limit", depth, 3},
	{"rewrite-media-over-limit", media, 16},
	{"rewrite-all-media-over-limit", all_media, ICE_MEDIA_MAX},
	{"rewrite-candidates-over-limit", cands, 256},
	{"rewrite-addresses-over-limit", addresses, 64},
};

static uint64_t counter_of(const tap_calls *c, const char *name)
{
	const char *have;

	for (unsigned i = 0; (have = tap_counter_name(i)); i++)
		if (!strcmp(have, name))
			return tap_calls_counter(c, i);
	g_error("no counter %s", name);
}

static uint64_t counted(const struct limit *l, unsigned n)
{
	play p = {.plan = ice_plan_default()};
	const tap_config cfg = {.decide = decide, .plan = &p.plan,
				.max_calls = CALLS};
	uint64_t got;

	p.calls = tap_calls_new(&cfg);
	l->play(&p, n);
	got = counter_of(p.calls, l->counter);
	tap_calls_free(p.calls);
	return got;
}

static void test_limit(gconstpointer user)
{
	const struct limit *l = user;

	g_assert_cmpuint(counted(l, l->most), ==, 0);
	g_assert_cmpuint(counted(l, l->most + 1), ==, 1);
}

/* What is rewritten has to fit into a frame. */
static void test_rewritten(void)
{
	play p = {.plan = ice_plan_default()};
	const tap_config cfg = {.decide = decide, .plan = &p.plan};
	g_autofree char *sdp = relays_text(1), *both = g_strconcat(sdp, CAND,
								   NULL);

	p.calls = tap_calls_new(&cfg);
	for (unsigned n = 29; n <= 32; n++) {
		g_autofree char *x = times(2010, "x");
		g_autofree char *line = g_strdup_printf("X: %s\r\n", x);
		g_autofree char *more = times(n, line);
		uint64_t room = n <= 31 ? 0 : 1;

		say(&p, NULL, "c", "a", "", more, "application/sdp", both);
		g_assert_cmpuint(counter_of(p.calls, "rewritten-too-long"), ==,
				 room);
		g_assert_cmpuint(counter_of(p.calls, "rewritten"), ==,
				 n - 28 - room);
	}
	tap_calls_free(p.calls);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/limits/rewritten", test_rewritten);
	for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
		g_autofree char *path = g_strdup_printf("/tap/limits/%zu-%s", i,
							limits[i].counter);

		g_test_add_data_func(path, &limits[i], test_limit);
	}
	return g_test_run();
}
