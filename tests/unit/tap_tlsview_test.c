/* Sessions of OpenSSL with itself, in memory, read from beside them: what is
 * read is what was said, for every suite that OpenSSL offers here. */
#include "signaling_tap/tlsview.h"

#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "signaling_tap/tlskey.h"

enum { LONG_TEXT = 40000 };	/* more than a record holds */

typedef struct chunk {
	unsigned end;
	size_t n;
} chunk;

/* Two ends; what each sent, and in which order. */
typedef struct talk {
	SSL_CTX *ctx[2];
	SSL *end[2];		/* 0 is the client */
	BIO *in[2], *out[2];
	GByteArray *sent[2];
	GArray *order;		/* of chunk */
	GString *keylog;
} talk;

typedef struct suite_case {
	const char *name;	/* of OpenSSL */
	int version;
	bool no_etm;		/* the MAC is encrypted too */
	uint16_t id;
} suite_case;

static const suite_case cases[] = {
	{"AES128-SHA", TLS1_VERSION, false, 0x002f},
	{"AES128-SHA", TLS1_VERSION, true, 0x002f},
	{"ECDHE-RSA-AES256-SHA", TLS1_1_VERSION, false, 0xc014},
	{"AES256-SHA", TLS1_1_VERSION, true, 0x0035},
	{"AES128-SHA", TLS1_2_VERSION, false, 0x002f},
	{"AES128-SHA", TLS1_2_VERSION, true, 0x002f},
	{"AES128-SHA256", TLS1_2_VERSION, true, 0x003c},
	{"AES256-SHA256", TLS1_2_VERSION, false, 0x003d},
	{"AES128-GCM-SHA256", TLS1_2_VERSION, false, 0x009c},
	{"AES256-GCM-SHA384", TLS1_2_VERSION, false, 0x009d},
	{"ECDHE-RSA-AES128-SHA", TLS1_2_VERSION, true, 0xc013},
	{"ECDHE-RSA-AES128-SHA256", TLS1_2_VERSION, false, 0xc027},
	{"ECDHE-RSA-AES256-SHA384", TLS1_2_VERSION, true, 0xc028},
	{"ECDHE-RSA-AES256-SHA384", TLS1_2_VERSION, false, 0xc028},
	{"ECDHE-RSA-AES128-GCM-SHA256", TLS1_2_VERSION, false, 0xc02f},
	{"ECDHE-RSA-AES256-GCM-SHA384", TLS1_2_VERSION, false, 0xc030},
	{"ECDHE-RSA-CHACHA20-POLY1305", TLS1_2_VERSION, false, 0xcca8},
	{"TLS_AES_128_GCM_SHA256", TLS1_3_VERSION, false, 0x1301},
	{"TLS_AES_256_GCM_SHA384", TLS1_3_VERSION, false, 0x1302},
	{"TLS_CHACHA20_POLY1305_SHA256", TLS1_3_VERSION, false, 0x1303},
};

static void on_key(const SSL *ssl, const char *line)
{
	talk *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	g_string_append_printf(t->keylog, "%s\n", line);
}

/* An RSA key and a certificate that nobody checks. */
static void identify(SSL_CTX *x)
{
	static EVP_PKEY *key;
	X509 *cert = X509_new();

	if (!key)
		key = EVP_RSA_gen(2048);

	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	g_assert_cmpint(X509_sign(cert, key, EVP_sha256()), >, 0);
	g_assert_true(SSL_CTX_use_certificate(x, cert));
	g_assert_true(SSL_CTX_use_PrivateKey(x, key));
	X509_free(cert);
}

static SSL_CTX *context(talk *t, const suite_case *c, bool server)
{
	SSL_CTX *x = SSL_CTX_new(server ? TLS_server_method()
					: TLS_client_method());

	/* SHA-1 in the handshake of TLS 1.0 and 1.1. */
	SSL_CTX_set_security_level(x, 0);
	g_assert_true(SSL_CTX_set_min_proto_version(x, c->version));
	g_assert_true(SSL_CTX_set_max_proto_version(x, c->version));
	g_assert_true(c->version == TLS1_3_VERSION
			      ? SSL_CTX_set_ciphersuites(x, c->name)
			      : SSL_CTX_set_cipher_list(x, c->name));
	if (c->no_etm)
		SSL_CTX_set_options(x, SSL_OP_NO_ENCRYPT_THEN_MAC);
	SSL_CTX_set_app_data(x, t);
	if (!server) {
		SSL_CTX_set_keylog_callback(x, on_key);
		return x;
	}
	SSL_CTX_set_options(x, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	identify(x);
	return x;
}

/* What the ends have to say goes to the other, and is kept. */
static bool carry(talk *t)
{
	bool any = false;

	for (unsigned i = 0; i < 2; i++) {
		uint8_t buf[4096];
		int n;

		while ((n = BIO_read(t->out[i], buf, sizeof(buf))) > 0) {
			const chunk c = {i, (size_t)n};

			g_byte_array_append(t->sent[i], buf, (guint)n);
			g_array_append_val(t->order, c);
			BIO_write(t->in[!i], buf, n);
			any = true;
		}
	}
	return any;
}

static void hear(talk *t, unsigned end, const char *text)
{
	size_t left = strlen(text);
	char buf[4096];

	while (left) {
		int n;

		carry(t);
		n = SSL_read(t->end[end], buf, (int)MIN(left, sizeof(buf)));
		g_assert_cmpint(n, >, 0);
		g_assert_cmpmem(buf, n, text, n);
		text += n;
		left -= (size_t)n;
	}
}

static void say(talk *t, unsigned end, const char *text)
{
	g_assert_cmpint(SSL_write(t->end[end], text, (int)strlen(text)), ==,
			(int)strlen(text));
	hear(t, !end, text);
}

static void begin(talk *t, const suite_case *c)
{
	*t = (talk){.keylog = g_string_new(NULL),
		    .order = g_array_new(FALSE, FALSE, sizeof(chunk))};
	for (unsigned i = 0; i < 2; i++) {
		t->ctx[i] = context(t, c, i == 1);
		t->end[i] = SSL_new(t->ctx[i]);
		t->in[i] = BIO_new(BIO_s_mem());
		t->out[i] = BIO_new(BIO_s_mem());
		SSL_set_bio(t->end[i], t->in[i], t->out[i]);
		t->sent[i] = g_byte_array_new();
	}
	SSL_set_connect_state(t->end[0]);
	SSL_set_accept_state(t->end[1]);
	do {
		SSL_do_handshake(t->end[0]);
		SSL_do_handshake(t->end[1]);
	} while (carry(t));
	g_assert_true(SSL_is_init_finished(t->end[0]));
}

static void end(talk *t)
{
	for (unsigned i = 0; i < 2; i++) {
		SSL_free(t->end[i]);
		SSL_CTX_free(t->ctx[i]);
		g_byte_array_unref(t->sent[i]);
	}
	g_array_unref(t->order);
	g_string_free(t->keylog, TRUE);
}

static tap_keylog *keys_of(const talk *t)
{
	unsigned bad;
	tap_keylog *k = tap_keylog_new(span_of(t->keylog->str, t->keylog->len),
				       &bad);

	g_assert_nonnull(k);
	return k;
}

/* Feeds what was sent in pieces of `step`. */
static tap_tls_state read_all(const talk *t, tap_tlsview *v, GByteArray **plain,
			      size_t step)
{
	tap_tls_state s = TAP_TLS_FINE;
	span in[2];

	for (unsigned i = 0; i < 2; i++)
		in[i] = span_of(t->sent[i]->data, 0);
	for (guint i = 0; i < t->order->len; i++) {
		const chunk *c = &g_array_index(t->order, chunk, i);

		for (size_t at = 0; at < c->n && s == TAP_TLS_FINE;
		     at += step) {
			in[c->end].left += MIN(step, c->n - at);
			s = tap_tlsview_feed(v, c->end, &in[c->end],
					     plain[c->end]);
		}
	}
	return s;
}

static void expect(const talk *t, const tap_keylog *k, const char *client,
		   const char *server, uint16_t suite)
{
	for (size_t step = 1; step < 400; step += 150) {
		GByteArray *plain[2] = {g_byte_array_new(), g_byte_array_new()};
		tap_tlsview *v = tap_tlsview_new(k);

		g_assert_cmpint(read_all(t, v, plain, step), ==, TAP_TLS_FINE);
		g_assert_cmpmem(plain[0]->data, plain[0]->len, client,
				strlen(client));
		g_assert_cmpmem(plain[1]->data, plain[1]->len, server,
				strlen(server));
		g_assert_cmphex(tap_tlsview_suite(v), ==, suite);
		tap_tlsview_free(v);
		g_byte_array_unref(plain[0]);
		g_byte_array_unref(plain[1]);
	}
}

static void test_suite(gconstpointer data)
{
	const suite_case *c = data;
	g_autofree char *text = g_strnfill(LONG_TEXT, 'a');
	g_autofree char *all = g_strconcat(text, "bye", NULL);
	g_autoptr(tap_keylog) k = NULL;
	talk t;

	begin(&t, c);
	say(&t, 0, text);
	say(&t, 1, "hello");
	say(&t, 0, "bye");
	k = keys_of(&t);
	expect(&t, k, all, "hello", c->id);
	end(&t);
}

/* RFC 8446 4.6.3: both ends change their keys, twice. */
static void test_update(void)
{
	const suite_case c = {"TLS_AES_256_GCM_SHA384", TLS1_3_VERSION, false,
			      0x1302};
	g_autoptr(tap_keylog) k = NULL;
	talk t;

	begin(&t, &c);
	say(&t, 0, "one");
	for (int i = 0; i < 2; i++) {
		g_assert_true(SSL_key_update(t.end[0],
					     SSL_KEY_UPDATE_REQUESTED));
		say(&t, 0, "two");
		say(&t, 1, "three");
	}
	k = keys_of(&t);
	expect(&t, k, "onetwotwo", "threethree", c.id);
	end(&t);
}

/* New keys inside the old ones. */
static void test_renegotiation(void)
{
	const suite_case c = {"ECDHE-RSA-AES128-GCM-SHA256", TLS1_2_VERSION,
			      false, 0xc02f};
	g_autoptr(tap_keylog) k = NULL;
	talk t;

	begin(&t, &c);
	say(&t, 0, "one");
	g_assert_true(SSL_renegotiate(t.end[0]));
	do {
		char none;

		SSL_do_handshake(t.end[0]);
		carry(&t);
		SSL_read(t.end[1], &none, 1);
	} while (carry(&t));
	say(&t, 0, "two");
	say(&t, 1, "three");
	k = keys_of(&t);
	expect(&t, k, "onetwo", "three", c.id);
	end(&t);
}

static tap_tls_state state_of(const talk *t, const tap_keylog *k)
{
	GByteArray *plain[2] = {g_byte_array_new(), g_byte_array_new()};
	tap_tlsview *v = tap_tlsview_new(k);
	tap_tls_state s = read_all(t, v, plain, 200);

	g_assert_cmpuint(plain[0]->len + plain[1]->len, ==, 0);
	tap_tlsview_free(v);
	g_byte_array_unref(plain[0]);
	g_byte_array_unref(plain[1]);
	return s;
}

/* Without its keys, with another's, without its beginning, damaged: said so,
 * and nothing is given. */
static void test_refused(gconstpointer data)
{
	const suite_case *c = data;
	g_autoptr(tap_keylog) k = NULL;
	unsigned bad;
	talk t;

	begin(&t, c);
	g_assert_cmpint(state_of(&t, NULL), ==, TAP_TLS_NO_KEY);
	/* The last digit of each secret. */
	for (char *p = t.keylog->str; (p = strchr(p, '\n')); p++)
		p[-1] = p[-1] == '0' ? '1' : '0';
	k = tap_keylog_new(span_str(t.keylog->str), &bad);
	g_assert_cmpint(state_of(&t, k), ==, TAP_TLS_REFUSED);
	g_byte_array_remove_range(t.sent[0], 0, t.sent[0]->len);
	g_byte_array_remove_range(t.sent[1], 0, t.sent[1]->len);
	g_array_set_size(t.order, 0);
	say(&t, 0, "late");
	g_assert_cmpint(state_of(&t, k), ==, TAP_TLS_LATE);
	t.sent[0]->data[0] = 'I';
	g_assert_cmpint(state_of(&t, k), ==, TAP_TLS_BAD);
	end(&t);
}

static void test_unknown(void)
{
	const suite_case c = {"AES128-CCM", TLS1_2_VERSION, false, 0xc09c};
	g_autoptr(tap_keylog) k = NULL;
	talk t;

	begin(&t, &c);
	k = keys_of(&t);
	g_assert_cmpint(state_of(&t, k), ==, TAP_TLS_UNKNOWN);
	end(&t);
}

/* Any octet of the session changed: nothing false is read. */
static void test_damage(void)
{
	const suite_case *c = &cases[3];
	g_autoptr(tap_keylog) k = NULL;
	talk t;

	begin(&t, c);
	say(&t, 0, "hello");
	k = keys_of(&t);
	for (guint i = 0; i < t.sent[0]->len; i += 3) {
		GByteArray *plain[2] = {g_byte_array_new(), g_byte_array_new()};
		tap_tlsview *v = tap_tlsview_new(k);

		t.sent[0]->data[i] ^= 1;
		read_all(&t, v, plain, 200);
		g_assert_true(plain[0]->len == 0 ||
			      !memcmp(plain[0]->data, "hello", plain[0]->len));
		t.sent[0]->data[i] ^= 1;
		tap_tlsview_free(v);
		g_byte_array_unref(plain[0]);
		g_byte_array_unref(plain[1]);
	}
	end(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name = g_strdup_printf(
			"/tap/tlsview/%04x/%s%s", (unsigned)cases[i].version,
			cases[i].name, cases[i].no_etm ? "-mac-inside" : "");

		g_test_add_data_func(name, &cases[i], test_suite);
	}
	g_test_add_func("/tap/tlsview/update", test_update);
	g_test_add_func("/tap/tlsview/renegotiation", test_renegotiation);
	g_test_add_data_func("/tap/tlsview/refused_10", &cases[1],
			     test_refused);
	g_test_add_data_func("/tap/tlsview/refused_12", &cases[8],
			     test_refused);
	g_test_add_data_func("/tap/tlsview/refused_13", &cases[17],
			     test_refused);
	g_test_add_func("/tap/tlsview/unknown", test_unknown);
	g_test_add_func("/tap/tlsview/damage", test_damage);
	return g_test_run();
}
