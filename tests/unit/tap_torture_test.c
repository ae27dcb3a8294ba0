/* Hostile messages: those of RFC 4475 and RFC 5118 whole, cut at each octet and
 * over the listener; and a grid of header fields and anomalies. Nothing but a
 * verdict may come of them, and a good message behind a bad one is still
 * served. */
#include "signaling_tap/hep3.h"
#include "signaling_tap/server.h"
#include "signaling_tap/sip.h"
#include "tests/support/tap_certs.h"
#include "tests/support/tap_script.h"
#include "tests/support/torture.h"

typedef struct refusal {
	const char *name;
	tap_sip_verdict verdict;
} refusal;

typedef struct suite {
	const char *path;
	guint messages;
	const refusal *refused;	/* no name at the end; all others are read */
} suite;

/* What we do not look at (Via, Contact, Date, Max-Forwards...) may be as it
 * likes: the message passes, and its server deals with it. */
static const suite rfc4475 = {
	"tests/golden/rfc4475/messages.txt", 49, (const refusal[]){
		{"clerr", TAP_SIP_TRUNCATED}, {"ncl", TAP_SIP_BAD_VALUE},
		{"scalar02", TAP_SIP_BAD_VALUE},
		{"scalarlg", TAP_SIP_BAD_VALUE},
		{"quotbal", TAP_SIP_BAD_VALUE},
		{"lwsruri", TAP_SIP_BAD_START},
		{"lwsstart", TAP_SIP_BAD_START},
		{"baddn", TAP_SIP_BAD_VALUE}, {"badvers", TAP_SIP_BAD_START},
		{"mismatch01", TAP_SIP_BAD_VALUE},
		{"mismatch02", TAP_SIP_BAD_VALUE},
		{"bigcode", TAP_SIP_BAD_START}, {"insuf", TAP_SIP_MISSING},
		{"multi01", TAP_SIP_DUPLICATE}, {"mcl01", TAP_SIP_DUPLICATE},
		{NULL, TAP_SIP_OK},
	},
};

/* Request-URIs are not taken apart here, so that none is refused for one. The
 * RFC gives one message fewer octets of body than its Content-Length says. */
static const suite rfc5118 = {
	"tests/golden/rfc5118/messages.txt", 12, (const refusal[]){
		{"ipv6-in-sdp", TAP_SIP_TRUNCATED},
		{NULL, TAP_SIP_OK},
	},
};

/* These have more octets than their Content-Length says: another request, or
 * line ends that the RFC counts as one octet. */
static bool has_tail(const torture_message *m)
{
	return !strcmp(m->name, "dblreq") ||
	       !strcmp(m->name, "mult-ip-in-sdp") ||
	       !strcmp(m->name, "ipv4-mapped-ipv6");
}

static tap_sip_verdict verdict_of(const suite *s, const torture_message *m)
{
	for (const refusal *r = s->refused; r->name; r++)
		if (!strcmp(r->name, m->name))
			return r->verdict;
	return TAP_SIP_OK;
}

static void test_verdicts(gconstpointer data)
{
	const suite *s = data;
	g_autoptr(GPtrArray) all = torture_load(s->path);

	g_assert_cmpuint(all->len, ==, s->messages);
	for (const refusal *r = s->refused; r->name; r++)
		g_assert_nonnull(torture_find(all, r->name));
	for (guint i = 0; i < all->len; i++) {
		const torture_message *t = TORTURE(all, i);
		tap_sip_verdict want = verdict_of(s, t);
		tap_sip m;

		g_test_message("%s (%s)", t->name, t->section);
		g_assert_cmpint(tap_sip_parse(torture_span(t), &m), ==, want);
		if (t->class == TORTURE_VALID && s == &rfc4475)
			g_assert_cmpint(want, ==, TAP_SIP_OK);
		if (want == TAP_SIP_OK)
			g_assert_cmpint(m.tail.left > 0, ==, has_tail(t));
	}
}

/* The notation, by what the RFC says of some messages. */
static void test_notation(void)
{
	g_autoptr(GPtrArray) all = torture_load(rfc4475.path);
	const torture_message *m = torture_find(all, "intmeth");
	span s = torture_span(m), line = {0};
	tap_sip sip;

	g_assert_true(span_until(&s, '\n', &line));
	g_assert_true(span_starts(line, "!interesting-Method0123456789_*+`."
				  "%indeed'~ sip:1_unusual.URI~(to-be!sure)&"));
	g_assert_true(span_until(&s, '\n', &line));
	g_assert_true(span_until(&s, '\n', &line));
	g_assert_true(span_starts(line, "To: \"BEL:\\\a NUL:\\"));
	g_assert_cmpmem(line.p + 17, 9, "\0 DEL:\\\x7f\"", 9);
	m = torture_find(all, "scalar02");
	g_assert_nonnull(memmem(m->octets->data, m->octets->len,
				"Expires: 10000", 14));
	m = torture_find(all, "noreason");
	g_assert_true(span_starts(torture_span(m), "SIP/2.0 100 \r\nVia:"));
	m = torture_find(all, "dblreq");
	g_assert_cmpint(tap_sip_parse(torture_span(m), &sip), ==, TAP_SIP_OK);
	g_assert_true(span_starts(sip.tail, "\r\nINVITE sip:joe@"));
}

/* The fields that the RFC explains are read as it explains them. */
static void test_fields(void)
{
	static const struct {
		const char *name, *from_tag, *call_id;
		tap_method method;
		uint32_t cseq;
	} want[] = {
		{"wsinv", "98asjd8", "wsinv.ndaksdj@192.0.2.1", TAP_INVITE, 9},
		{"intmeth", "_token~1'+`*%!-.",
		 "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
		 TAP_METHOD_OTHER, 139122385},
		{"semiuri", "33242", "semiuri.0ha0isndaksdj", TAP_METHOD_OTHER,
		 8},
		{"inv2543", "", "inv2543.1717@ift.client.example.com",
		 TAP_INVITE, 56},
	};
	g_autoptr(GPtrArray) all = torture_load(rfc4475.path);

	for (gsize i = 0; i < G_N_ELEMENTS(want); i++) {
		const torture_message *t = torture_find(all, want[i].name);
		tap_sip m;

		g_test_message("%s", t->name);
		g_assert_cmpint(tap_sip_parse(torture_span(t), &m), ==,
				TAP_SIP_OK);
		g_assert_true(span_eq(m.from_tag, want[i].from_tag));
		g_assert_true(span_eq(m.first[TAP_H_CALL_ID],
				      want[i].call_id));
		g_assert_cmpint(m.method, ==, want[i].method);
		g_assert_cmpuint(m.cseq, ==, want[i].cseq);
	}
}

/* Where the media of the IPv6 messages goes, as told for its call. */
static void test_ipv6_media(void)
{
	static const struct {
		const char *name, *audio, *video;
	} want[] = {
		{"ipv6-in-sdp", "[2001:db8::20]:6000", "[2001:db8::20]:6024"},
		{"mult-ip-in-sdp", "192.0.2.1:22334", "[2001:db8::1]:6024"},
		{"ipv4-mapped-ipv6", "192.0.2.2:6000", "192.0.2.2:6024"},
	};
	g_autoptr(GPtrArray) all = torture_load(rfc5118.path);

	for (gsize i = 0; i < G_N_ELEMENTS(want); i++) {
		g_autoptr(tap_script) s = tap_script_new(NULL, 0);
		const char *half;

		tap_script_raw(s, torture_span(torture_find(all, want[i].name)),
			       false);
		g_assert_cmpuint(s->halves->len, ==, 1);
		half = g_ptr_array_index(s->halves, 0);
		g_test_message("%s: %s", want[i].name, half);
		g_assert_nonnull(strstr(half, want[i].audio));
		g_assert_nonnull(strstr(half, want[i].video));
	}
}

static void test_cuts(gconstpointer data)
{
	g_autoptr(GPtrArray) all = torture_load(((const suite *)data)->path);
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);

	for (guint i = 0; i < all->len; i++) {
		span text = torture_span(TORTURE(all, i));

		for (gsize n = 0; n <= text.left; n++) {
			g_autofree char *copy = g_memdup2(text.p, n ? n : 1);
			span in = span_of(copy, n), one;

			while (tap_sip_cut(&in, &one) == TAP_CUT_OK)
				g_assert_cmpuint(one.left, <=, n);
			tap_script_raw(s, span_of(copy, n), n & 1);
			g_assert_cmpint(s->answer.verdict, ==, TAP_PASS);
		}
	}
}

/* All of them, each in its frame; then a good one. */
typedef struct wire {
	guint16 port;
	GByteArray *send, *got;
	gsize piece;		/* octets in one write; 0: each frame again and
				 * again, in two writes, cut at each octet */
	unsigned frames, verdicts;
	gint over;
} wire;

enum { AHEAD = 64 };		/* frames, of the verdicts */

static void wire_write(SSL *ssl, span s)
{
	int n;

	do	/* again when it took too long */
		n = SSL_write(ssl, s.p, (int)s.left);
	while (n <= 0 && SSL_get_error(ssl, n) == SSL_ERROR_WANT_WRITE);
}

static bool wire_read(wire *w, SSL *ssl)
{
	guint8 buf[4096];
	span in, frame;
	int n = SSL_read(ssl, buf, sizeof(buf));

	if (n <= 0)
		return false;
	g_byte_array_append(w->got, buf, (guint)n);
	in = span_of(w->got->data, w->got->len);
	while (tap_hep_cut(&in, &frame) == TAP_HEP_OK)
		w->verdicts++;
	g_byte_array_remove_range(w->got, 0, (guint)(w->got->len - in.left));
	return true;
}

/* False: nothing more can be read. */
static bool wire_catch_up(wire *w, SSL *ssl)
{
	while (w->frames - w->verdicts > AHEAD)
		if (!wire_read(w, ssl))
			return false;
	return true;
}

/* The last frame goes whole. */
static void wire_cut_everywhere(wire *w, SSL *ssl)
{
	span in = span_of(w->send->data, w->send->len), frame;

	w->frames = 0;
	while (tap_hep_cut(&in, &frame) == TAP_HEP_OK) {
		gsize from = in.left ? 1 : frame.left;

		for (gsize n = from; n < MAX(frame.left, from + 1); n++) {
			wire_write(ssl, span_of(frame.p, n));
			if (n < frame.left)
				wire_write(ssl, span_of(frame.p + n,
							frame.left - n));
			w->frames++;
			if (!wire_catch_up(w, ssl))
				return;
		}
	}
}

static gpointer wire_client(gpointer data)
{
	wire *w = data;
	SSL *ssl = tap_client_new(w->port, "good", TLS1_3_VERSION);

	g_assert_nonnull(ssl);
	if (!w->piece)
		wire_cut_everywhere(w, ssl);
	else
		for (gsize at = 0; at < w->send->len; at += w->piece)
			wire_write(ssl, span_of(w->send->data + at,
						MIN(w->piece,
						    w->send->len - at)));
	while (w->verdicts < w->frames && wire_read(w, ssl))
		;
	tap_client_free(ssl);
	g_atomic_int_set(&w->over, 1);
	g_main_context_wakeup(NULL);
	return NULL;
}

static void frame_add(GByteArray *to, span payload, uint64_t id)
{
	static guint8 buf[TAP_HEP_MAX];
	const tap_frame f = {.version = 1, .kind = TAP_HEP_REQUEST, .id = id,
			     .protocol = 1, .payload = payload};
	put o = put_into(buf, sizeof(buf));

	tap_frame_put(&o, &f);
	g_byte_array_append(to, buf, (guint)o.n);
}

enum { VERDICTS = TAP_SIP_TOO_MANY + 1 };

/* Adds to `want` how often each is to be said of these. */
static void frames_add(wire *w, const suite *s, uint64_t want[VERDICTS])
{
	g_autoptr(GPtrArray) all = torture_load(s->path);

	for (guint i = 0; i < all->len; i++) {
		guint before = w->send->len;

		frame_add(w->send, torture_span(TORTURE(all, i)), w->frames++);
		want[verdict_of(s, TORTURE(all, i))] +=
			w->piece ? 1 : w->send->len - before - 1;
	}
}

static void assert_refused(tap_script *s, const uint64_t want[VERDICTS])
{
	static const char *const counters[VERDICTS] = {
		[TAP_SIP_TRUNCATED] = "sip-truncated",
		[TAP_SIP_BAD_START] = "sip-bad-start",
		[TAP_SIP_BAD_HEADER] = "sip-bad-header",
		[TAP_SIP_BAD_VALUE] = "sip-bad-value",
		[TAP_SIP_MISSING] = "sip-missing",
		[TAP_SIP_DUPLICATE] = "sip-duplicate",
	};

	for (unsigned i = 0; i < VERDICTS; i++)
		if (counters[i])
			g_assert_cmpuint(tap_script_counter(s,
							    counters[i]), ==,
					 want[i]);
}

static void test_wire(gconstpointer data)
{
	static const char good[] =
		"INVITE sip:b@x SIP/2.0\r\nFrom: <sip:a@x>;tag=1\r\n"
		"To: <sip:b@x>\r\nCall-ID: good\r\nCSeq: 1 INVITE\r\n\r\n";
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = tap_certs_file("server.crt"),
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"),
	};
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);
	GError *err = NULL;
	tap_server *server = tap_server_new(&cfg, s->calls, &err);
	wire w = {.piece = GPOINTER_TO_UINT(data),
		  .send = g_byte_array_new(), .got = g_byte_array_new()};
	uint64_t want[VERDICTS] = {0}, all = 1;
	GThread *t;

	g_assert_no_error(err);
	frames_add(&w, &rfc4475, want);
	frames_add(&w, &rfc5118, want);
	g_assert_cmpuint(w.frames, ==, 49 + 12);
	frame_add(w.send, span_str(good), w.frames++);
	w.port = tap_server_port(server);
	t = g_thread_new("client", wire_client, &w);
	while (!g_atomic_int_get(&w.over))
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(t);
	for (unsigned i = 0; i < VERDICTS; i++)
		all += want[i];
	g_test_message("%u messages", w.verdicts);
	g_assert_cmpuint(w.verdicts, ==, all);
	assert_refused(s, want);
	g_assert_nonnull(strstr(s->told->str, "begin good\n"));
	g_byte_array_unref(w.send);
	g_byte_array_unref(w.got);
	tap_server_free(server);
}

/* The grid: one header field at a time is spoilt in one way. */

static const char *const fields[] = {
	"Call-ID", "i", "From", "f", "To", "t", "CSeq", "Content-Length", "l",
	"Content-Type", "c", "Via", "v", "Contact", "m", "User-Agent",
	"Server", "P-Asserted-Identity", "Ms-Conversation-ID", "History-Info",
	"Referred-By", "b", "Refer-To", "r", "Replaces", "RSeq",
	"ms-focus-uri", "ms-client-diagnostics", "Route", "Record-Route",
	"Max-Forwards", "Supported", "s", "k", "x", "X-Unknown",
};

static const char *const values[] = {
	"", " ", "\t", ";", ",", ":", "<", ">", "<>", "\"", "\"\"", "\\", "@",
	"*", "0", "-1", "1 INVITE", "1 BYE", "99999999999999999999",
	"4294967296", "1 1", "sip:", "sip:@", "sip:a@", "sip:[::1", "tel:",
	"<sip:a@x", "sip:a@x>", "\"unclosed <sip:a@x>", "<sip:a@x>;tag",
	"<sip:a@x>;tag=", "<sip:a@x>;tag=\"", "<sip:a@x>;tag=1;tag=2",
	"<sip:a@x>,<sip:b@x>", "<sip:a@x> junk", "\"\\\"\\\\\" <sip:a@x>;tag=7",
	";;;;", ",,,,", "====", "%00%00", "a\r\n b", "a\r\n\tb\r\n c", "\r\n ",
	"multipart/mixed", "multipart/mixed;boundary=",
	"multipart/mixed;boundary=\"", "application/sdp;x=\"", "c1;to-tag=",
	"c1;from-tag=1;to-tag=2", "app:conf:", "app:conf:x:id:",
	"\303\244\303\266", "\377\376", "\001\002",
};

typedef enum position {
	INSTEAD, TWICE, FIRST, NO_COLON, BLANK_BEFORE_COLON, POSITIONS,
} position;

static void field_put(GString *to, const char *name, const char *value,
		      position how)
{
	static const char *const forms[POSITIONS] = {
		"%s: %s\r\n", "%s: %s\r\n", "%s: %s\r\n", "%s %s\r\n",
		"%s \t: %s\r\n",
	};

	g_string_append_printf(to, forms[how], name, value);
	if (how == TWICE)
		g_string_append_printf(to, forms[how], name, value);
}

static const char *const base[][2] = {
	{"Call-ID", "grid"}, {"From", "<sip:a@x>;tag=1"}, {"To", "<sip:b@x>"},
	{"CSeq", "1 INVITE"}, {"Content-Type", "application/sdp"},
};

static GString *grid_message(const char *name, const char *value, position how)
{
	GString *to = g_string_new("INVITE sip:b@x SIP/2.0\r\n");

	if (how == FIRST)
		field_put(to, name, value, how);
	for (gsize i = 0; i < G_N_ELEMENTS(base); i++)
		if (how == FIRST || g_strcmp0(base[i][0], name))
			field_put(to, base[i][0], base[i][1], INSTEAD);
	if (how != FIRST)
		field_put(to, name, value, how);
	g_string_append(to, "\r\nv=0\r\nm=audio 4000 RTP/SAVP 0\r\n");
	return to;
}

static void test_grid(void)
{
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);
	unsigned n = 0;

	for (gsize f = 0; f < G_N_ELEMENTS(fields); f++)
		for (gsize v = 0; v < G_N_ELEMENTS(values); v++)
			for (position p = 0; p < POSITIONS; p++) {
				GString *m = grid_message(fields[f], values[v],
							  p);
				g_autofree char *copy = g_memdup2(m->str,
								  m->len);

				tap_script_raw(s, span_of(copy, m->len), n & 1);
				g_assert_cmpint(s->answer.verdict, !=,
						TAP_REFUSE);
				g_string_free(m, TRUE);
				n++;
			}
	g_test_message("%u messages", n);
	g_assert_cmpuint(n, >=, 5000);
	g_assert_cmpuint(tap_script_counter(s, "messages"), ==, n);
	g_assert_cmpuint(tap_script_counter(s, "requests"), >, n / 4);
	g_assert_cmpuint(tap_script_counter(s, "sip-bad-header"), >, 0);
	g_assert_cmpuint(tap_script_counter(s, "sip-bad-value"), >, 0);
	g_assert_cmpuint(tap_script_counter(s, "sip-duplicate"), >, 0);
	g_assert_cmpuint(tap_script_counter(s, "sip-missing"), >, 0);
}

int main(int argc, char **argv)
{
	int bad;

	g_test_init(&argc, &argv, NULL);
	tap_certs_quiet();
	g_test_add_func("/tap/torture/notation", test_notation);
	g_test_add_data_func("/tap/torture/rfc4475/verdicts", &rfc4475,
			     test_verdicts);
	g_test_add_func("/tap/torture/rfc4475/fields", test_fields);
	g_test_add_data_func("/tap/torture/rfc4475/cuts", &rfc4475, test_cuts);
	g_test_add_data_func("/tap/torture/rfc5118/verdicts", &rfc5118,
			     test_verdicts);
	g_test_add_func("/tap/torture/rfc5118/media", test_ipv6_media);
	g_test_add_data_func("/tap/torture/rfc5118/cuts", &rfc5118, test_cuts);
	g_test_add_data_func("/tap/torture/wire-1", GUINT_TO_POINTER(1),
			     test_wire);
	g_test_add_data_func("/tap/torture/wire-997", GUINT_TO_POINTER(997),
			     test_wire);
	g_test_add_data_func("/tap/torture/wire-cut-everywhere",
			     GUINT_TO_POINTER(0), test_wire);
	g_test_add_data_func("/tap/torture/wire-whole",
			     GUINT_TO_POINTER(1 << 20), test_wire);
	g_test_add_func("/tap/torture/grid", test_grid);
	bad = g_test_run();
	tap_certs_clear();
	return bad;
}
