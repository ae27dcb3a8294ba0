#include "tests/load/front_end.h"

#include <poll.h>
#include <string.h>

#include "core/clock.h"
#include "tests/support/tap_certs.h"

struct load_fe {
	SSL *ssl;
	GByteArray *got;
	GArray *verdicts;	/* by request; LOAD_FE_WAITS: none yet */
	uint64_t id;
	uint8_t out[TAP_HEP_MAX], in[65536];
};

load_fe *load_fe_try_new(const load_rig *r)
{
	SSL *ssl = load_rig_tap_there(r)
			   ? tap_client_new(r->port, "good", TLS1_3_VERSION)
			   : NULL;
	load_fe *f;

	if (!ssl)
		return NULL;
	f = g_new0(load_fe, 1);
	f->ssl = ssl;
	SSL_set_mode(f->ssl, SSL_MODE_AUTO_RETRY);
	f->got = g_byte_array_new();
	f->verdicts = g_array_new(FALSE, FALSE, sizeof(int));
	return f;
}

load_fe *load_fe_new(const load_rig *r)
{
	load_fe *f = load_fe_try_new(r);

	if (!f)
		load_die("no connection to the tap");
	return f;
}

void load_fe_free(load_fe *f)
{
	tap_client_free(f->ssl);
	g_byte_array_unref(f->got);
	g_array_unref(f->verdicts);
	g_free(f);
}

static bool try_send(load_fe *f, const char *message)
{
	put o = put_into(f->out, sizeof(f->out));
	const int64_t now = clk_now().wall.ns;
	const tap_frame frame = {
		.seconds = (uint32_t)(now / CLK_NS_PER_S),
		.micros = (uint32_t)(now % CLK_NS_PER_S / 1000),
		.version = TAP_HEP_VERSION, .kind = TAP_HEP_REQUEST,
		.id = ++f->id, .protocol = 1, .deadline_ms = 5000,
		.name = span_str("fe1"), .payload = span_str(message),
	};
	int n;

	tap_frame_put(&o, &frame);
	do {
		n = SSL_write(f->ssl, o.p, (int)o.n);
	} while (n <= 0 && SSL_get_error(f->ssl, n) == SSL_ERROR_WANT_WRITE);
	return n > 0;
}

void load_fe_send(load_fe *f, const char *message)
{
	if (!try_send(f, message))
		load_die("the tap takes no more");
}

static void judge(const tap_frame *v, int want)
{
	if (want >= 0 && v->verdict != want)
		load_die("verdict %u (flags %u, status %u, \"%.*s\") where %d "
			 "was due", v->verdict, v->flags, v->status,
			 (int)v->reason.left, (const char *)v->reason.p, want);
}

void load_fe_await(load_fe *f, unsigned n, int want)
{
	while (n) {
		span in, bytes;
		tap_frame v;
		int len = SSL_read(f->ssl, f->in, sizeof(f->in));

		if (len <= 0)
			load_die("the tap has gone");
		g_byte_array_append(f->got, f->in, (guint)len);
		in = span_of(f->got->data, f->got->len);
		while (n && tap_hep_cut(&in, &bytes) == TAP_HEP_OK) {
			if (tap_frame_read(bytes, &v) != TAP_HEP_OK)
				load_die("an unreadable verdict");
			judge(&v, want);
			n--;
		}
		g_byte_array_remove_range(f->got, 0,
					  (guint)(f->got->len - in.left));
	}
}

static void note_verdict(load_fe *f, const tap_frame *v)
{
	const int none = LOAD_FE_WAITS;

	while (f->verdicts->len <= v->id)
		g_array_append_val(f->verdicts, none);
	g_array_index(f->verdicts, int, v->id) = v->verdict;
}

/* What has come, and at least one octet of it. */
static bool take_verdicts(load_fe *f)
{
	int len = SSL_read(f->ssl, f->in, sizeof(f->in));
	span in, bytes;
	tap_frame v;

	if (len <= 0)
		return false;
	g_byte_array_append(f->got, f->in, (guint)len);
	in = span_of(f->got->data, f->got->len);
	while (tap_hep_cut(&in, &bytes) == TAP_HEP_OK)
		if (tap_frame_read(bytes, &v) == TAP_HEP_OK && v.id <= f->id)
			note_verdict(f, &v);
	g_byte_array_remove_range(f->got, 0, (guint)(f->got->len - in.left));
	return true;
}

uint64_t load_fe_begin(load_fe *f, const char *message)
{
	return try_send(f, message) ? f->id : 0;
}

static bool readable(const load_fe *f, int ms)
{
	struct pollfd p = {.fd = SSL_get_fd(f->ssl), .events = POLLIN};

	return SSL_has_pending(f->ssl) || poll(&p, 1, ms) > 0;
}

int load_fe_verdict(load_fe *f, uint64_t request, int ms)
{
	const double until = load_now_s() + ms / 1000.0;

	for (;;) {
		const int left = (int)((until - load_now_s()) * 1000);
		int v = request < f->verdicts->len
				? g_array_index(f->verdicts, int, request)
				: LOAD_FE_WAITS;

		if (v != LOAD_FE_WAITS)
			return v;
		if (!readable(f, MAX(left, 0)))
			return LOAD_FE_WAITS;
		if (!take_verdicts(f))
			return LOAD_FE_GONE;
	}
}

int load_fe_ask(load_fe *f, const char *message)
{
	const uint64_t request = load_fe_begin(f, message);
	int v = request ? LOAD_FE_WAITS : LOAD_FE_GONE;

	while (v == LOAD_FE_WAITS)
		v = load_fe_verdict(f, request, 1000);
	return v;
}
