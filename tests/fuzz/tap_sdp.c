/* Targets: tap_sdp_read, tap_hash_add */
#include "signaling_tap/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void media_check(const call_media *m)
{
	g_assert(m->cands->len <= TAP_SDP_CANDS_MAX);
	g_assert(m->payloads->len <= TAP_SDP_PAYLOADS_MAX);
	g_assert(m->cryptos->len <= TAP_SDP_CRYPTOS_MAX);
	g_assert(m->ssrcs->len <= TAP_SDP_SSRCS_MAX);
	g_assert(m->flow <= CALL_INACTIVE);
	for (guint i = 0; i < m->cryptos->len; i++) {
		g_assert(CALL_CRYPTO(m, i)->mki_len <= 4);
		g_assert(CALL_CRYPTO(m, i)->key.len > 0);
	}
	for (guint i = 0; i < m->ssrcs->len; i++)
		g_assert(CALL_SSRCS(m, i)->lo <= CALL_SSRCS(m, i)->hi);
}

/* The first line is the Content-Type value, the rest the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	g_autoptr(call_half) h = call_half_new();
	span in = span_of(data, n), type;
	tap_counters count = {{0}};
	tap_sdp_about about;
	tap_sdp_verdict v;

	if (!span_line(&in, &type))
		return 0;
	v = tap_sdp_read(type, in, h, &about, &count);
	g_assert((v == TAP_SDP_BAD) <= (count.n[TAP_N_SDP_BAD] > 0));
	g_assert(h->media->len <= TAP_SDP_MEDIA_MAX);
	for (guint i = 0; i < h->media->len; i++)
		media_check(CALL_MEDIA(h, i));
	return 0;
}
