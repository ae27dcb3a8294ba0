/* Capture files: both formats, both byte orders, cut at every byte, and the
 * errors a user meets. */
#include <unistd.h>

#include "relay_capture/capfile.h"
#include "relay_capture/source.h"

typedef struct file {
	GByteArray *a;
	bool little;
} file;

static void u16(file *f, uint16_t v)
{
	v = f->little ? GUINT16_TO_LE(v) : GUINT16_TO_BE(v);
	g_byte_array_append(f->a, (uint8_t *)&v, 2);
}

static void u32(file *f, uint32_t v)
{
	v = f->little ? GUINT32_TO_LE(v) : GUINT32_TO_BE(v);
	g_byte_array_append(f->a, (uint8_t *)&v, 4);
}

static file pcap_new(bool little, bool nano)
{
	file f = {g_byte_array_new(), little};

	u32(&f, nano ? 0xa1b23c4d : 0xa1b2c3d4);
	u16(&f, 2);
	u16(&f, 4);
	u32(&f, 0);
	u32(&f, 0);
	u32(&f, 65535);
	u32(&f, 101);
	for (uint32_t n = 1; n <= 3; n++) {
		u32(&f, 1000);
		u32(&f, n);
		u32(&f, n);
		u32(&f, n);
		g_byte_array_append(f.a, (const uint8_t *)"abc", n);
	}
	return f;
}

static void block(file *f, uint32_t type, const file *body)
{
	u32(f, type);
	u32(f, 12 + body->a->len);
	g_byte_array_append(f->a, body->a->data, body->a->len);
	u32(f, 12 + body->a->len);
	g_byte_array_set_size(body->a, 0);
}

/* Three interfaces: Ethernet in microseconds, cooked in 2^-10 s, and in
 * nanoseconds of which the high half counts. */
static file ng_new(bool little)
{
	file f = {g_byte_array_new(), little}, b = f;

	b.a = g_byte_array_new();
	u32(&b, 0x1a2b3c4d);
	u32(&b, 0);
	u32(&b, 0xffffffff);
	u32(&b, 0xffffffff);
	block(&f, 0x0a0d0d0a, &b);
	u16(&b, 1);
	u16(&b, 0);
	u32(&b, 0);
	block(&f, 1, &b);
	u16(&b, 113);
	u16(&b, 0);
	u32(&b, 0);
	u16(&b, 9);
	u16(&b, 1);
	g_byte_array_append(b.a, (const uint8_t *)"\x8a\0\0\0", 4);
	block(&f, 1, &b);
	u16(&b, 101);
	u16(&b, 0);
	u32(&b, 0);
	u16(&b, 9);
	u16(&b, 1);
	g_byte_array_append(b.a, (const uint8_t *)"\x09\0\0\0", 4);
	block(&f, 1, &b);
	for (uint32_t i = 0; i < 3; i++) {
		static const uint32_t low[] = {2000001, 1024 + 512, 7};

		u32(&b, i);
		u32(&b, i == 2);
		u32(&b, low[i]);
		u32(&b, 2);
		u32(&b, 60);
		g_byte_array_append(b.a, (const uint8_t *)"xy\0\0", 4);
		block(&f, 6, &b);
	}
	u32(&b, 7);
	block(&f, 0x55, &b);	/* a kind that nobody knows */
	g_byte_array_unref(b.a);
	return f;
}

static unsigned count(span s, relay_verdict *end)
{
	g_autofree relay_cap *c = g_new0(relay_cap, 1);
	relay_cap_frame f;
	unsigned n = 0;
	size_t need;

	while ((*end = relay_cap_next(c, &s, &need, &f)) == RELAY_OK) {
		n += f.present;
		if (f.present && !c->ng)
			g_assert_cmpint(f.ns % 1000000000, ==,
					c->iface[0].per_second == 1000000 ?
					n * 1000 : n);
	}
	return n;
}

static void test_pcap(void)
{
	for (int i = 0; i < 4; i++) {
		file f = pcap_new(i & 1, i & 2);
		relay_verdict v;

		g_assert_cmpuint(count(span_of(f.a->data, f.a->len), &v), ==,
				 3);
		g_assert_cmpint(v, ==, RELAY_SHORT);
		for (guint cut = 0; cut < f.a->len; cut++) {
			g_autofree void *p = g_memdup2(f.a->data, cut);

			g_assert_cmpuint(count(span_of(p, cut), &v), <, 3);
			g_assert_cmpint(v, ==, RELAY_SHORT);
		}
		g_byte_array_unref(f.a);
	}
}

static void test_ng(void)
{
	for (int little = 0; little < 2; little++) {
		file f = ng_new(little);
		g_autofree relay_cap *c = g_new0(relay_cap, 1);
		span s = span_of(f.a->data, f.a->len);
		relay_cap_frame got[3], one;
		unsigned n = 0;
		size_t need;
		relay_verdict v;

		while (relay_cap_next(c, &s, &need, &one) == RELAY_OK)
			if (one.present)
				got[n++] = one;
		g_assert_cmpuint(n, ==, 3);
		g_assert_cmpint(got[0].link, ==, 1);
		g_assert_cmpint(got[0].ns, ==, 2000001000);
		g_assert_cmpint(got[1].link, ==, 113);
		g_assert_cmpint(got[1].ns, ==, 1500000000);
		g_assert_true(span_eq(got[1].bytes, "xy"));
		g_assert_cmpint(got[2].link, ==, 101);
		g_assert_cmpint(got[2].ns, ==, (INT64_C(1) << 32) + 7);
		for (guint cut = 0; cut < f.a->len; cut++) {
			g_autofree void *p = g_memdup2(f.a->data, cut);

			count(span_of(p, cut), &v);
			g_assert_cmpint(v, ==, RELAY_SHORT);
		}
		g_byte_array_unref(f.a);
	}
}

static void assert_refused(const void *p, size_t n, const char *words)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) err = NULL;
	int fd = g_file_open_tmp("edgetape-cap-XXXXXX", &path, NULL);

	g_assert_cmpint(write(fd, p, n), ==, n);
	close(fd);
	g_assert_null(relay_file_open(path, &err));
	g_assert_error(err, RELAY_ERROR, RELAY_ERROR_FORMAT);
	g_assert_nonnull(strstr(err->message, words));
	unlink(path);
}

static void test_refused(void)
{
	static const uint8_t odd[24] = {0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4,
					[23] = 200};
	g_autoptr(GError) err = NULL;

	assert_refused("", 0, "empty");
	assert_refused("\x1f\x8b\x08 and so on", 13, "compressed with gzip");
	assert_refused("\x28\xb5\x2f\xfd", 4, "compressed with zstd");
	assert_refused("INVITE sip:bob@example.com", 26, "not a pcap");
	assert_refused(odd, sizeof(odd), "link type 200");
	g_assert_null(relay_file_open("/nonexistent.pcap", &err));
	g_assert_error(err, RELAY_ERROR, RELAY_ERROR_OPEN);
}

/* A cut file gives what is there and says what is missing. */
static void test_file(void)
{
	file f = pcap_new(true, true);
	g_autofree char *path = NULL;
	g_autoptr(relay_file) r = NULL;
	clk_both at;
	span frame;
	int link, fd = g_file_open_tmp("edgetape-cap-XXXXXX", &path, NULL);

	g_assert_cmpint(write(fd, f.a->data, f.a->len - 1), ==, f.a->len - 1);
	close(fd);
	r = relay_file_open(path, NULL);
	g_assert_cmpint(relay_file_next(r, &link, &frame, &at), ==,
			RELAY_NEXT_FRAME);
	g_assert_cmpint(link, ==, 101);
	g_assert_cmpint(at.wall.ns, ==, 1000000000001);
	g_assert_cmpint(relay_file_next(r, &link, &frame, &at), ==,
			RELAY_NEXT_FRAME);
	g_assert_cmpint(relay_file_next(r, &link, &frame, &at), ==,
			RELAY_NEXT_CUT);
	g_assert_nonnull(strstr(relay_file_trouble(r), "inside frame 3"));
	unlink(path);
	g_byte_array_unref(f.a);
}

/* More than the reader holds at a time. */
static void test_long_file(void)
{
	enum { FRAMES = 3000, OCTETS = 1000 };
	file f = pcap_new(true, true);
	g_autofree char *path = NULL;
	g_autoptr(relay_file) r = NULL;
	uint8_t body[OCTETS];
	clk_both at;
	span frame;
	int link, fd = g_file_open_tmp("edgetape-cap-XXXXXX", &path, NULL);

	for (uint32_t n = 4; n <= FRAMES; n++) {
		memset(body, (int)n, sizeof(body));
		u32(&f, 1000);
		u32(&f, n);
		u32(&f, OCTETS);
		u32(&f, OCTETS);
		g_byte_array_append(f.a, body, OCTETS);
	}
	g_assert_cmpint(write(fd, f.a->data, f.a->len), ==, f.a->len);
	close(fd);
	r = relay_file_open(path, NULL);
	for (uint32_t n = 1; n <= FRAMES; n++) {
		g_assert_cmpint(relay_file_next(r, &link, &frame, &at), ==,
				RELAY_NEXT_FRAME);
		g_assert_cmpint(at.wall.ns, ==, 1000 * CLK_NS_PER_S + n);
		if (n < 4)
			continue;
		memset(body, (int)n, sizeof(body));
		g_assert_cmpmem(frame.p, frame.left, body, OCTETS);
	}
	g_assert_cmpint(relay_file_next(r, &link, &frame, &at), ==,
			RELAY_NEXT_END);
	unlink(path);
	g_byte_array_unref(f.a);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/capfile/pcap", test_pcap);
	g_test_add_func("/relay/capfile/pcapng", test_ng);
	g_test_add_func("/relay/capfile/refused", test_refused);
	g_test_add_func("/relay/capfile/file", test_file);
	g_test_add_func("/relay/capfile/long-file", test_long_file);
	return g_test_run();
}
