#include "signaling_tap/tlsview.h"

#include "signaling_tap/tlskey.h"

enum {
	HANDSHAKE_MAX = 65536,	/* octets of a message: certificates */
	/* RFC 8446 5.1 */
	CHANGE_CIPHER_SPEC = 20,
	ALERT = 21,
	HANDSHAKE = 22,
	APPLICATION = 23,
	HEARTBEAT = 24,
	/* RFC 8446 4 */
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	FINISHED = 20,
	KEY_UPDATE = 24,
	/* RFC 8446 4.2, RFC 7366 */
	EXT_ENCRYPT_THEN_MAC = 22,
	EXT_VERSIONS = 43,
};

/* RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest" in place of the random. */
static const uint8_t retry_random[TAP_TLS_RANDOM] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

typedef struct way {
	tap_tls_key *key;	/* NULL: in clear */
	GByteArray *handshake;	/* of messages that are not whole yet */
	bool updated;		/* KeyUpdate: the next record has a new key */
	bool finished;		/* likewise, TLS 1.3 */
} way;

struct tap_tlsview {
	const tap_keylog *keys;
	tap_tls_state state;
	unsigned client;	/* which end */
	bool has_client, has_server;	/* their hellos */
	tap_tls_terms terms;
	way way[2];
	uint8_t out[TAP_TLS_RECORD_MAX];
};

tap_tlsview *tap_tlsview_new(const tap_keylog *keys)
{
	tap_tlsview *v = g_new0(tap_tlsview, 1);

	v->keys = keys;
	for (unsigned i = 0; i < 2; i++)
		v->way[i].handshake = g_byte_array_new();
	return v;
}

void tap_tlsview_free(tap_tlsview *v)
{
	if (!v)
		return;
	for (unsigned i = 0; i < 2; i++) {
		tap_tls_key_free(v->way[i].key);
		g_byte_array_unref(v->way[i].handshake);
	}
	g_free(v);
}

uint16_t tap_tlsview_suite(const tap_tlsview *v)
{
	return v->terms.suite;
}

uint16_t tap_tlsview_version(const tap_tlsview *v)
{
	return v->terms.version;
}

/* ---- hellos ---- */

MUST_CHECK static bool cut_8(span *in, span *out)
{
	uint8_t n;

	return span_u8(in, &n) && span_cut(in, n, out);
}

MUST_CHECK static bool cut_16(span *in, span *out)
{
	uint16_t n;

	return span_u16(in, &n) && span_cut(in, n, out);
}

/* RFC 5246 7.4.1.2 */
static tap_tls_state client_hello(tap_tlsview *v, unsigned end, span in)
{
	uint16_t version;

	if (!span_u16(&in, &version) ||
	    !span_bytes(&in, v->terms.client, TAP_TLS_RANDOM))
		return TAP_TLS_BAD;
	v->client = end;
	v->has_client = true;
	v->has_server = false;
	return TAP_TLS_FINE;
}

MUST_CHECK static bool extensions(span in, tap_tls_terms *t)
{
	span list, body;
	uint16_t type;

	if (!in.left)
		return true;
	if (!cut_16(&in, &list))
		return false;
	while (list.left) {
		if (!span_u16(&list, &type) || !cut_16(&list, &body))
			return false;
		if (type == EXT_ENCRYPT_THEN_MAC)
			t->mac_last = true;
		if (type == EXT_VERSIONS && !span_u16(&body, &t->version))
			return false;
	}
	return true;
}

/* RFC 5246 7.4.1.3, RFC 8446 4.1.3 */
MUST_CHECK static bool server_hello_get(span in, tap_tls_terms *t)
{
	span session;
	uint8_t compression;

	t->mac_last = false;
	return span_u16(&in, &t->version) &&
	       span_bytes(&in, t->server, TAP_TLS_RANDOM) &&
	       cut_8(&in, &session) && span_u16(&in, &t->suite) &&
	       span_u8(&in, &compression) && !compression &&
	       extensions(in, t);
}

/* From now on what an end sends is protected by this secret. */
static tap_tls_state protect(tap_tlsview *v, unsigned end,
			     tap_keylog_label label)
{
	const secret *s = v->keys ? tap_keylog_find(v->keys, label,
						    v->terms.client)
				  : NULL;
	way *w = &v->way[end];

	if (!s)
		return TAP_TLS_NO_KEY;
	if (!tap_tls_known(&v->terms))
		return TAP_TLS_UNKNOWN;
	tap_tls_key_free(w->key);
	w->key = tap_tls_key_new(&v->terms, s, end != v->client);
	return w->key ? TAP_TLS_FINE : TAP_TLS_REFUSED;
}

static tap_keylog_label of_end(const tap_tlsview *v, unsigned end,
			       tap_keylog_label client,
			       tap_keylog_label server)
{
	return end == v->client ? client : server;
}

static tap_tls_state server_hello(tap_tlsview *v, unsigned end, span in)
{
	tap_tls_state s = TAP_TLS_FINE;

	if (!v->has_client || end == v->client)
		return TAP_TLS_LATE;
	if (!server_hello_get(in, &v->terms))
		return TAP_TLS_BAD;
	if (!memcmp(v->terms.server, retry_random, sizeof(retry_random)))
		return TAP_TLS_FINE;
	v->has_server = true;
	if (v->terms.version != TAP_TLS_13)
		return TAP_TLS_FINE;
	for (unsigned i = 0; i < 2 && s == TAP_TLS_FINE; i++)
		s = protect(v, i, of_end(v, i, TAP_KEYLOG_CLIENT_HANDSHAKE,
					 TAP_KEYLOG_SERVER_HANDSHAKE));
	return s;
}

/* ---- messages and records ---- */

static tap_tls_state message(tap_tlsview *v, unsigned end, uint8_t type,
			     span body)
{
	const bool tls13 = v->has_server && v->terms.version == TAP_TLS_13;

	switch (type) {
	case CLIENT_HELLO:
		return client_hello(v, end, body);
	case SERVER_HELLO:
		return server_hello(v, end, body);
	case FINISHED:
		v->way[end].finished = tls13;
		return TAP_TLS_FINE;
	case KEY_UPDATE:
		v->way[end].updated = tls13;
		return TAP_TLS_FINE;
	}
	return TAP_TLS_FINE;
}

/* RFC 5246 7.4: a message may span records, a record hold messages. */
static tap_tls_state handshake(tap_tlsview *v, unsigned end, span in)
{
	GByteArray *a = v->way[end].handshake;
	tap_tls_state s = TAP_TLS_FINE;
	span rest, body;

	g_byte_array_append(a, in.p, (guint)in.left);
	rest = span_of(a->data, a->len);
	while (s == TAP_TLS_FINE && rest.left >= 4) {
		span here = rest;
		uint8_t type, high;
		uint16_t low;
		size_t length;

		if (!span_u8(&here, &type) || !span_u8(&here, &high) ||
		    !span_u16(&here, &low))
			break;
		length = (size_t)high << 16 | low;
		if (length > HANDSHAKE_MAX)
			return TAP_TLS_BAD;
		if (!span_cut(&here, length, &body))
			break;
		s = message(v, end, type, body);
		rest = here;
	}
	g_byte_array_remove_range(a, 0, a->len - (guint)rest.left);
	return s;
}

/* RFC 5246 7.1; in TLS 1.3 it means nothing (RFC 8446 5). */
static tap_tls_state cipher_changes(tap_tlsview *v, unsigned end)
{
	/* A client may say it before it has an answer (RFC 8446 D.4). */
	if (v->has_client && !v->has_server && end == v->client)
		return TAP_TLS_FINE;
	if (!v->has_server)
		return TAP_TLS_LATE;
	if (v->terms.version == TAP_TLS_13)
		return TAP_TLS_FINE;
	return protect(v, end, TAP_KEYLOG_MASTER);
}

/* Keys that the record before announced. */
static tap_tls_state turn_keys(tap_tlsview *v, unsigned end)
{
	way *w = &v->way[end];

	if (w->updated)
		tap_tls_key_update(w->key);
	w->updated = false;
	if (!w->finished)
		return TAP_TLS_FINE;
	w->finished = false;
	return protect(v, end, of_end(v, end, TAP_KEYLOG_CLIENT_TRAFFIC,
				      TAP_KEYLOG_SERVER_TRAFFIC));
}

static tap_tls_state record(tap_tlsview *v, unsigned end, uint8_t type,
			    uint16_t version, span in, GByteArray *plain)
{
	way *w = &v->way[end];
	tap_tls_state s;
	size_t n;

	if (w->key && !(v->terms.version == TAP_TLS_13 &&
			type == CHANGE_CIPHER_SPEC)) {
		if (!tap_tls_key_open(w->key, &type, version, in, v->out, &n))
			return TAP_TLS_REFUSED;
		in = span_of(v->out, n);
	}
	switch (type) {
	case HANDSHAKE:
		s = handshake(v, end, in);
		return s == TAP_TLS_FINE ? turn_keys(v, end) : s;
	case CHANGE_CIPHER_SPEC:
		return cipher_changes(v, end);
	case APPLICATION:
		if (!w->key)
			return TAP_TLS_LATE;
		g_byte_array_append(plain, in.p, (guint)in.left);
	}
	return TAP_TLS_FINE;
}

static bool is_record(uint8_t type, uint16_t version)
{
	return type >= CHANGE_CIPHER_SPEC && type <= HEARTBEAT &&
	       version >> 8 == 3 && (version & 0xff) <= 4;
}

bool tap_tls_begins(span in)
{
	uint16_t version;
	uint8_t type;

	return span_u8(&in, &type) && span_u16(&in, &version) &&
	       is_record(type, version);
}

tap_tls_state tap_tlsview_feed(tap_tlsview *v, unsigned end, span *in,
			       GByteArray *plain)
{
	uint16_t version;
	uint8_t type;
	span rest = *in, body;

	while (v->state == TAP_TLS_FINE && span_u8(&rest, &type) &&
	       span_u16(&rest, &version)) {
		uint16_t length;

		if (!is_record(type, version)) {
			v->state = TAP_TLS_BAD;
			break;
		}
		if (!span_u16(&rest, &length))
			break;
		if (length > TAP_TLS_RECORD_MAX) {
			v->state = TAP_TLS_BAD;
			break;
		}
		if (!span_cut(&rest, length, &body))
			break;
		*in = rest;
		v->state = record(v, end, type, version, body, plain);
	}
	return v->state;
}
