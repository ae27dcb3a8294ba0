/* What one message costs is linear in its length, whatever it is full of: the
 * instructions of tap_calls_message() for messages of 1, 2, 4... 62 KiB, as
 * callgrind counts them, so that no other load disturbs. Without arguments it
 * runs itself once under valgrind, which writes a total for each message. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
	{"diversions", "application/sdp", SDP_HEAD, "", "",
	 "History-Info: <sip:user%u@example.com>;index=1.%u,"
	 "<sip:a@example.com>;index=1,<sip:b@example.com>;index=1.1,"
	 "<sip:c@example.com>;index=1.1.1,<sip:d@example.com>;index=1.2,"
	 "<sip:e@example.com>;index=1.3,<sip:f@example.com>;index=1.4\r\n"},
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
static void run_one(const shape *s, size_t size)
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
}

static int run_all(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
		for (unsigned k = 0; k < SIZES; k++)
			run_one(&shapes[i], sizes[k]);
	return 0;
}

typedef struct cost {
	double octets, instructions;
	bool rewritten;
} cost;

/* What run_all() says, and callgrind's file. */
static bool run_counted(const char *self, const char *to, char **said)
{
	g_autofree char *file = g_strconcat("--callgrind-out-file=", to, NULL);
	const char *argv[] = {
		"valgrind", "-q", "--tool=callgrind", file,
		"--combine-dumps=yes", "--dump-line=no",
		"--toggle-collect=measured", "--dump-after=measured", self,
		"all", NULL,
	};
	g_autoptr(GError) err = NULL;
	int status;

	g_setenv("LD_BIND_NOW", "1", TRUE);
	if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
			 NULL, said, NULL, &status, &err) &&
	    g_spawn_check_wait_status(status, &err))
		return true;
	fprintf(stderr, "valgrind: %s\n", err->message);
	return false;
}

/* A line of what was said and a total for each message. */
static bool read_costs(const char *said, const char *counted, cost *c)
{
	static const char total[] = "\ntotals: ";

	for (size_t i = 0; i < SIZES * G_N_ELEMENTS(shapes); i++) {
		char *end;

		counted = strstr(counted, total);
		if (!counted) {
			fprintf(stderr, "valgrind counted %zu messages\n", i);
			return false;
		}
		counted += strlen(total);
		c[i].instructions = g_ascii_strtod(counted, NULL);
		c[i].octets = g_ascii_strtod(said, &end);
		c[i].rewritten = strtol(end, &end, 10) == TAP_REPLACED;
		said = end;
	}
	return true;
}

static bool measure(const char *self, cost *c)
{
	g_autofree char *to = NULL, *said = NULL, *counted = NULL;
	int fd = g_file_open_tmp("tap_linear-XXXXXX", &to, NULL);
	bool ok;

	if (fd < 0)
		return false;
	close(fd);
	ok = run_counted(self, to, &said) &&
	     g_file_get_contents(to, &counted, NULL, NULL) &&
	     read_costs(said, counted, c);
	unlink(to);
	return ok;
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

/* What every message costs, by the line through the two smallest. */
static double fixed_of(const cost *c)
{
	double slope = (c[1].instructions - c[0].instructions) /
		       (c[1].octets - c[0].octets);

	return c[0].instructions - slope * c[0].octets;
}

static void print_shape(const shape *s, const cost *c)
{
	printf("%-12s", s->name);
	for (unsigned i = 0; i < SIZES; i++)
		printf(" %6.1f%c", c[i].instructions / c[i].octets,
		       c[i].rewritten ? ' ' : '-');
	printf(" %8.0f %6.1f\n", fixed_of(c),
	       (c[SIZES - 1].instructions - c[0].instructions) /
	       (c[SIZES - 1].octets - c[0].octets));
}

static int run(const char *self)
{
	cost c[SIZES * G_N_ELEMENTS(shapes)];
	int bad = 0;

	if (!measure(self, c))
		return 1;
	printf("tap_linear: instructions for each octet ('-': not rewritten), "
	       "for a message whatever\nits length, and for each octet more "
	       "than the smallest has\n%-12s", "octets");
	for (unsigned i = 0; i < SIZES; i++)
		printf(" %6u ", sizes[i]);
	printf(" %8s %6s\n", "message", "octet");
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		print_shape(&shapes[i], c + i * SIZES);
		bad |= !judge(&shapes[i], c + i * SIZES);
	}
	return bad;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return run(argv[0]);
	if (argc == 2 && !strcmp(argv[1], "all"))
		return run_all();
	fprintf(stderr, "usage: tap_linear\n");
	return 2;
}
