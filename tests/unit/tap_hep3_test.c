/* HEP3 frames: cutting, chunks, our encoder, and the worked examples of
 * docs/front-end-contract.md, which must be what the code does. */
#include <glib.h>

#include "signaling_tap/hep3.h"

enum { EXAMPLE_ID = 0x2a };

static const char example_sip[] =
	"OPTIONS sip:b@x SIP/2.0\r\nFrom: <sip:a@x>;tag=1\r\n"
	"To: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";

static const tap_frame examples[] = {
	{.version = 1, .kind = TAP_HEP_HEARTBEAT, .id = 1},
	{.version = 1, .kind = TAP_HEP_HEARTBEAT_ANSWER, .id = 1},
	{.protocol = 1, .version = 1, .kind = TAP_HEP_REQUEST,
	 .id = EXAMPLE_ID, .deadline_ms = 1000, .body_at = 94},
	{.version = 1, .kind = TAP_HEP_VERDICT, .id = EXAMPLE_ID},
	{.version = 1, .kind = TAP_HEP_VERDICT, .id = EXAMPLE_ID,
	 .verdict = 2, .status = 403, .flags = TAP_HEP_RECORDED},
};

static const char *const example_names[] = {
	"heartbeat", "heartbeat-answer", "request", "pass", "refuse",
};

/* The members that are text cannot stand in a constant. */
static tap_frame example(size_t i)
{
	tap_frame f = examples[i];

	if (f.kind == TAP_HEP_HEARTBEAT)
		f.name = span_str("fe1");
	if (f.kind == TAP_HEP_REQUEST) {
		f.name = span_str("fe1");
		f.payload = span_str(example_sip);
	}
	if (f.verdict == 2)
		f.reason = span_str("no relay");
	return f;
}

static GByteArray *encode(const tap_frame *f)
{
	guint8 buf[TAP_HEP_MAX + 1];
	put o = put_into(buf, sizeof(buf));
	GByteArray *a = g_byte_array_new();

	tap_frame_put(&o, f);
	g_assert_false(o.full);
	g_byte_array_append(a, buf, (guint)o.n);
	return a;
}

/* "```hex NAME" blocks: two digits an octet, '#' begins a comment. */
static GByteArray *documented(const char *name)
{
	g_autofree char *text = NULL;
	g_autofree char *fence = g_strdup_printf("```hex %s\n", name);
	GByteArray *a = g_byte_array_new();
	const char *at, *end;

	g_assert_true(g_file_get_contents("docs/front-end-contract.md", &text,
					  NULL, NULL));
	at = strstr(text, fence);
	if (!at)
		g_error("no example \"%s\" in the document", name);
	at += strlen(fence);
	end = strstr(at, "```");
	while (at < end) {
		if (*at == '#')
			at = strchr(at, '\n');
		if (g_ascii_isxdigit(at[0]) && g_ascii_isxdigit(at[1])) {
			guint8 b = (guint8)(g_ascii_xdigit_value(at[0]) * 16 +
					    g_ascii_xdigit_value(at[1]));

			g_byte_array_append(a, &b, 1);
			at++;
		}
		at++;
	}
	return a;
}

static void test_document(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(examples); i++) {
		tap_frame f = example(i);
		GByteArray *want = encode(&f);
		GByteArray *have = documented(example_names[i]);

		g_test_message("%s", example_names[i]);
		g_assert_cmpmem(have->data, have->len, want->data, want->len);
		g_byte_array_unref(want);
		g_byte_array_unref(have);
	}
}

static void frames_same(const tap_frame *a, const tap_frame *b)
{
	g_assert_cmpuint(a->protocol, ==, b->protocol);
	g_assert_cmpuint(a->version, ==, b->version);
	g_assert_cmpuint(a->kind, ==, b->kind);
	g_assert_cmpuint(a->id, ==, b->id);
	g_assert_cmpuint(a->deadline_ms, ==, b->deadline_ms);
	g_assert_cmpuint(a->verdict, ==, b->verdict);
	g_assert_cmpuint(a->status, ==, b->status);
	g_assert_cmpuint(a->body_at, ==, b->body_at);
	g_assert_cmpuint(a->flags, ==, b->flags);
	g_assert_true(span_same(a->reason, b->reason));
	g_assert_true(span_same(a->name, b->name));
	g_assert_true(span_same(a->payload, b->payload));
}

static void test_round(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(examples); i++) {
		tap_frame f = example(i), back;
		GByteArray *a = encode(&f);
		span in = span_of(a->data, a->len), bytes;

		g_assert_cmpint(tap_hep_cut(&in, &bytes), ==, TAP_HEP_OK);
		g_assert_cmpuint(in.left, ==, 0);
		g_assert_cmpint(tap_frame_read(bytes, &back), ==, TAP_HEP_OK);
		frames_same(&f, &back);
		g_byte_array_unref(a);
	}
}

/* Every shorter piece wants more; and nothing has moved. */
static void test_cut(void)
{
	tap_frame f = example(2);
	GByteArray *a = encode(&f);

	for (gsize n = 0; n < a->len; n++) {
		span in = span_of(a->data, n), bytes;

		g_assert_cmpint(tap_hep_cut(&in, &bytes), ==, TAP_HEP_SHORT);
		g_assert_cmpuint(in.left, ==, n);
	}
	g_byte_array_unref(a);
}

/* Chunks that end early: between two it reads, inside one it does not. The
 * body's place is last before the payload, without which it points nowhere. */
static void test_chunks(void)
{
	tap_frame f = example(2), back;
	GByteArray *a = encode(&f);
	g_autofree bool *whole = g_new0(bool, a->len + 1);
	span in = span_of(a->data, a->len);
	tap_chunk c = {0};

	g_assert_true(span_skip(&in, TAP_HEP_HEAD));
	do {
		whole[a->len - in.left] = c.type != 8 && c.type != 9;
	} while (tap_chunk_next(&in, &c) == TAP_HEP_OK);
	g_assert_true(whole[a->len]);
	for (guint n = TAP_HEP_HEAD; n <= a->len; n++)
		g_assert_cmpint(tap_frame_read(span_of(a->data, n), &back), ==,
				whole[n] ? TAP_HEP_OK : TAP_HEP_BAD);
	g_byte_array_unref(a);
}

typedef struct bad_frame {
	const char *what;
	const char *bytes;
	gsize n;
	tap_hep_verdict cut, read;
} bad_frame;

#define BYTES(s) s, sizeof(s) - 1
static const bad_frame bad_frames[] = {
	{"no magic", BYTES("HEP2\0\x06"), TAP_HEP_BAD, 0},
	{"wrong first octet", BYTES("\x01"), TAP_HEP_BAD, 0},
	{"total 5", BYTES("HEP3\0\x05"), TAP_HEP_BAD, 0},
	{"total 0", BYTES("HEP3\0\0"), TAP_HEP_BAD, 0},
	{"EEP3, empty", BYTES("EEP3\0\x06"), TAP_HEP_OK, TAP_HEP_OK},
	{"chunk of 5", BYTES("HEP3\0\x0c\0\0\0\x0f\0\x05"), TAP_HEP_OK,
	 TAP_HEP_BAD},
	{"chunk beyond", BYTES("HEP3\0\x0c\0\0\0\x0f\0\x07"), TAP_HEP_OK,
	 TAP_HEP_BAD},
	{"kind of 2 octets", BYTES("HEP3\0\x0e\x45\x54\0\x02\0\x08\0\x01"),
	 TAP_HEP_OK, TAP_HEP_BAD},
	{"kind 9", BYTES("HEP3\0\x0d\x45\x54\0\x02\0\x07\x09"), TAP_HEP_OK,
	 TAP_HEP_BAD},
	{"unknown vendor", BYTES("HEP3\0\x0d\0\x02\0\x02\0\x07\x09"),
	 TAP_HEP_OK, TAP_HEP_OK},
	{"unknown type of ours", BYTES("HEP3\0\x0d\x45\x54\0\x63\0\x07\x09"),
	 TAP_HEP_OK, TAP_HEP_OK},
	{"body outside", BYTES("HEP3\0\x10\x45\x54\0\x08\0\x0a\0\0\0\x01"),
	 TAP_HEP_OK, TAP_HEP_BAD},
};

static void test_bad(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(bad_frames); i++) {
		const bad_frame *b = &bad_frames[i];
		span in = span_of(b->bytes, b->n), bytes;
		tap_frame f;

		g_test_message("%s", b->what);
		g_assert_cmpint(tap_hep_cut(&in, &bytes), ==, b->cut);
		if (b->cut == TAP_HEP_OK)
			g_assert_cmpint(tap_frame_read(bytes, &f), ==,
					b->read);
	}
}

/* 65,535 octets in all, not one more. */
static void test_largest(void)
{
	guint8 buf[TAP_HEP_MAX + 100];
	g_autofree char *pad = g_strnfill(TAP_HEP_MAX, 'x');
	tap_frame f = {.kind = TAP_HEP_COPY};
	put o = put_into(buf, sizeof(buf));

	f.payload = span_of(pad, TAP_HEP_MAX - 12);
	tap_frame_put(&o, &f);
	g_assert_false(o.full);
	g_assert_cmpuint(o.n, ==, TAP_HEP_MAX);
	o = put_into(buf, sizeof(buf));
	f.payload.left++;
	tap_frame_put(&o, &f);
	g_assert_true(o.full);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/hep3/document", test_document);
	g_test_add_func("/tap/hep3/round", test_round);
	g_test_add_func("/tap/hep3/cut", test_cut);
	g_test_add_func("/tap/hep3/chunks", test_chunks);
	g_test_add_func("/tap/hep3/bad", test_bad);
	g_test_add_func("/tap/hep3/largest", test_largest);
	return g_test_run();
}
