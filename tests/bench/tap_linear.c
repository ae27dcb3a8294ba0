/* What one message costs is linear in its length, whatever it is full of: the
 * instructions of tap_calls_message() for messages of 1, 2, 4... 62 KiB, as
 * callgrind counts them, so that no other load disturbs. Without arguments it
 * runs itself under valgrind for each shape and size; "SHAPE OCTETS" is one
 * such run. */
#include <stdio.h>
#include <stdlib.h>

#include "ice_rewriter/ice.h"
#include "signaling_tap/tap.h"

enum { SIZES = 7 };

/* The smallest holds the message without what it is full of; the largest is
 * about what a HEP3 frame can carry. */
static const unsigned sizes[SIZES] = {
	1024, 2048, 4096, 8192, 16384, 32768, 63488,
};

/* An octet of a long message may cost so much more than one of a shorter: a
 * step, when an array doubles. What is quadratic would be up to 62. */
static const double STEEPEST = 2;

#define SDP_HEAD \
	"v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n" \
	"t=0 0\r\nm=audio 4000 RTP/SAVP 0\r\na=ice-ufrag:abcd\r\n" \
	"a=candidate:1 1 UDP 9 192.0.2.1 4000 typ host\r\n" \
	"a=candidate:2 1 UDP 1 203.0.113.1 5000 typ relay raddr 192.0.2.1 " \
	"rport 4000\r\n"
#define PART "--b\r\nContent-Type: application/sdp\r\n\r\n"

typedef struct shape {
	const char *name;
	const char *type;	/* of the body */
	const char *begin, *line, *end;		/* the body; lines are many */
	const char *field;	/* or as a header field */
} shape;

static const shape shapes[] = {
	{"candidates", "application/sdp", SDP_HEAD, "a=candidate:%u 1 UDP "
	 "2130706431 192.0.2.1 %u typ host\r\n", "", NULL},
	{"relays", "application/sdp", SDP_HEAD, "a=candidate:%u 1 UDP 1 "
	 "203.0.113.1 %u typ relay raddr 192.0.2.1 rport 4000\r\n", "", NULL},
	{"attributes", "application/sdp", SDP_HEAD, "a=x-%u:%u\r\n", "", NULL},
	{"media", "application/sdp", SDP_HEAD, "m=audio %u RTP/AVP 0\r\n"
	 "a=candidate:1 1 UDP 1 203.0.113.1 %u typ relay raddr 192.0.2.1 "
	 "rport 4000\r\n", "", NULL},
	{"codecs", "application/sdp", SDP_HEAD, "a=rtpmap:%u X%u/8000\r\n", "",
	 NULL},
	{"keys", "application/sdp", SDP_HEAD, "a=crypto:%u "
	 "AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkK"
	 "CwwN|2^31|%u:1\r\n", "", NULL},
	{"parts", "multipart/alternative;boundary=b", "",
	 PART "v=0\r\no=- %u %u IN IP4 192.0.2.1\r\ns=-\r\n"
	 "c=IN IP4 192.0.2.1\r\nt=0 0\r\n\r\n", PART SDP_HEAD "\r\n--b--\r\n",
	 NULL},
	{"dashes", "multipart/alternative;boundary=b", PART SDP_HEAD,
	 "--a%u\r\n-%u\r\n", "\r\n--b--\r\n", NULL},
	{"empty-lines", "application/sdp", SDP_HEAD, "\r\n", "", NULL},
	{"fields", "application/sdp", SDP_HEAD, "", "", "X-%u: %u; tag=\"1\"; "
	 "<sip:alice@example.com;opaque=user:epid:abcdefghijklmnopqrstuvwxyz;"
	 "gruu>, <sip:bob@example.com;opaque=user:epid:abcdefghijklmnopqrstu"
	 "vwxyz;gruu>, <tel:+4930123456>, \"a long display name that goes "
	 "on\" <sip:carol@example.com>;x=y\r\n"},
	{"assertions", "application/sdp", SDP_HEAD, "", "",
	 "P-Asserted-Identity: \"%u\" <sip:a%u@example.com>,<tel:+49301>,"
	 "<sip:b@example.com>,<tel:+49302>,<sip:c@example.com>,<tel:+49303>,"
	 "<sip:d@example.com>,<tel:+49304>,<sip:e@example.com>,<tel:+49305>,"
	 "<sip:f@example.com>,<tel:+49306>,<sip:g@example.com>,<tel:+49307>"
	 "\r\n"},
};

static GString *message(const shape *s, size_t size)
{
	GString *to = g_string_new(
		"INVITE sip:bob@example.com SIP/2.0\r\n"
		"From: <sip:alice@example.com>;tag=1\r\n"
		"To: <sip:bob@example.com>\r\nCall-ID: linear\r\n"
		"CSeq: 1 INVITE\r\n");
	size_t rest = strlen(s->begin) + strlen(s->end) + 60;

	for (unsigned i = 1024; s->field && to->len + rest < size; i++)
		g_string_append_printf(to, s->field, i, i);
	g_string_append_printf(to, "Content-Type: %s\r\n\r\n%s", s->type,
			       s->begin);
	for (unsigned i = 1024; !s->field && to->len + strlen(s->end) < size;
	     i++)
		g_string_append_printf(to, s->line, i, i);
	g_string_append(to, s->end);
	return to;
}

static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	(void)f;
	*out = (rec_decision){.record = true, .audio = true, .video = true,
			      .rule = span_str("*"), .reason = span_str("")};
	return true;
}

static void sink(void *user, uint64_t call, void **own, const rec_event *e)
{
	(void)user;
	(void)call;
	(void)own;
	(void)e;
}

/* What callgrind looks into, by its name. */
static __attribute__((noinline, noclone)) void
measured(tap_calls *c, span text, tap_answer *a)
{
	const tap_source src = {span_str("fe1"), true};

	tap_calls_message(c, clk_from_wall(CLK_NS_PER_S), &src, text, a);
}

/* Says the message's octets and the verdict. */
static int run_one(const shape *s, size_t size)
{
	const ice_plan plan = ice_plan_default();
	const tap_config cfg = {.decide = decide, .sink = sink, .plan = &plan};
	const tap_source src = {span_str("fe1"), true};
	tap_calls *c = tap_calls_new(&cfg), *other = tap_calls_new(&cfg);
	GString *text = message(s, size);
	tap_answer a;

	/* libraries set themselves up once */
	tap_calls_message(other, clk_from_wall(CLK_NS_PER_S), &src,
			  span_of(text->str, text->len), &a);
	measured(c, span_of(text->str, text->len), &a);
	printf("%zu %d\n", text->len, a.verdict);
	g_string_free(text, TRUE);
	tap_calls_free(c);
	tap_calls_free(other);
	return 0;
}

typedef struct cost {
	double octets, instructions;
	bool rewritten;
} cost;

static bool measure(const char *self, const shape *s, unsigned size, cost *to)
{
	g_autofree char *octets = g_strdup_printf("%u", size);
	g_autofree char *out = NULL, *told = NULL;
	const char *argv[] = {
		"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
		"--toggle-collect=measured", self, s->name, octets,
		NULL,
	};
	g_autoptr(GError) err = NULL;
	const char *count;
	char *verdict;
	int status;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
			  NULL, &out, &told, &status, &err)) {
		fprintf(stderr, "%s\n", err->message);
		return false;
	}
	count = strstr(told, "Collected : ");
	if (!g_spawn_check_wait_status(status, NULL) || !count) {
		fprintf(stderr, "%s", told);
		return false;
	}
	to->instructions = g_ascii_strtod(count + strlen("Collected : "), NULL);
	to->octets = g_ascii_strtod(out, &verdict);
	to->rewritten = atol(verdict) == TAP_REPLACED;
	return true;
}

static bool judge(const shape *s, const cost *c)
{
	double least = c[0].instructions / c[0].octets;

	for (unsigned i = 1; i < SIZES; i++) {
		double each = c[i].instructions / c[i].octets;

		if (each > STEEPEST * least) {
			fprintf(stderr, "%s: not linear at %.0f octets\n",
				s->name, c[i].octets);
			return false;
		}
		least = MIN(least, each);
	}
	return true;
}

static bool run_shape(const char *self, const shape *s)
{
	cost c[SIZES];

	printf("%-12s", s->name);
	for (unsigned i = 0; i < SIZES; i++) {
		if (!measure(self, s, sizes[i], &c[i]))
			return false;
		printf(" %6.1f%c", c[i].instructions / c[i].octets,
		       c[i].rewritten ? ' ' : '-');
		fflush(stdout);
	}
	printf("\n");
	return judge(s, c);
}

static int run_all(const char *self)
{
	int bad = 0;

	g_setenv("LD_BIND_NOW", "1", TRUE);
	printf("tap_linear: instructions for each octet ('-': not rewritten)\n"
	       "%-12s", "octets");
	for (unsigned i = 0; i < SIZES; i++)
		printf(" %6u ", sizes[i]);
	printf("\n");
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
		bad |= !run_shape(self, &shapes[i]);
	return bad;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return run_all(argv[0]);
	for (size_t i = 0; argc == 3 && i < G_N_ELEMENTS(shapes); i++)
		if (!strcmp(argv[1], shapes[i].name))
			return run_one(&shapes[i], (size_t)atol(argv[2]));
	fprintf(stderr, "usage: tap_linear [SHAPE OCTETS]\n");
	return 2;
}
