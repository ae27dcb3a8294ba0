#include "core/call.h"

static void crypto_clear(void *p)
{
	call_crypto *c = p;

	secret_clear(&c->key);
}

static void media_free(void *p)
{
	call_media *m = p;

	g_array_unref(m->cands);
	g_array_unref(m->payloads);
	g_array_unref(m->cryptos);
	g_array_unref(m->ssrcs);
	g_free(m);
}

call_half *call_half_new(void)
{
	call_half *h = g_new0(call_half, 1);

	h->media = g_ptr_array_new_with_free_func(media_free);
	return h;
}

void call_half_free(call_half *h)
{
	if (!h)
		return;
	g_ptr_array_unref(h->media);
	g_free(h);
}

call_media *call_half_add_media(call_half *h)
{
	call_media *m = g_new0(call_media, 1);

	m->index = (uint8_t)MIN(h->media->len, UINT8_MAX);
	m->cands = g_array_new(FALSE, TRUE, sizeof(call_cand));
	m->payloads = g_array_new(FALSE, TRUE, sizeof(call_payload));
	m->cryptos = g_array_new(FALSE, TRUE, sizeof(call_crypto));
	g_array_set_clear_func(m->cryptos, crypto_clear);
	m->ssrcs = g_array_new(FALSE, TRUE, sizeof(call_ssrcs));
	g_ptr_array_add(h->media, m);
	return m;
}

/* Port 9 stands for none yet (RFC 8840 4.1.1). */
static bool same_transport(const call_media *a, const call_media *b)
{
	if (a->ufrag[0] && b->ufrag[0])
		return strcmp(a->ufrag, b->ufrag) == 0;
	return a->rtp.port > 9 && !net_addr_is_any(&a->rtp) &&
	       net_addr_same(&a->rtp, &b->rtp);
}

bool call_media_shares(const call_half *h, const call_media *m)
{
	for (guint i = 0; i < h->media->len; i++) {
		const call_media *other = CALL_MEDIA(h, i);

		if (other->part == m->part && other->index != m->index &&
		    same_transport(m, other))
			return true;
	}
	return false;
}
