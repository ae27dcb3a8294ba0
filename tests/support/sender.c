#include "tests/support/sender.h"

#include <srtp2/srtp.h>

#include "core/put.h"

static void policy_set(const char *suite, srtp_policy_t *p)
{
	srtp_crypto_policy_set_rtp_default(&p->rtp);
	srtp_crypto_policy_set_rtcp_default(&p->rtcp);
	if (g_str_has_prefix(suite, "AES_256"))
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtp);
	if (g_str_has_prefix(suite, "AEAD_AES_128"))
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
	if (g_str_has_prefix(suite, "AEAD_AES_256"))
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtp);
	if (g_str_has_prefix(suite, "NULL"))
		srtp_crypto_policy_set_null_cipher_hmac_sha1_80(&p->rtp);
	p->rtcp = p->rtp;
	if (g_str_has_suffix(suite, "_32"))
		p->rtp.auth_tag_len = 4;
}

static size_t key_len(const char *suite)
{
	if (g_str_has_prefix(suite, "AES_256"))
		return 46;
	if (g_str_has_prefix(suite, "AEAD_AES_128"))
		return 28;
	return g_str_has_prefix(suite, "AEAD_AES_256") ? 44 : 30;
}

void *sender_receiver(const sender *s, uint32_t roc)
{
	uint8_t key[sizeof(s->key)], mki[4] = {0};
	srtp_master_key_t master = {key, mki, s->mki_len};
	srtp_master_key_t *keys[] = {&master};
	srtp_policy_t p = {.ssrc = {ssrc_specific, s->ssrc},
			   .window_size = 1024,
			   .allow_repeat_tx = 1};
	srtp_t session = NULL;

	memcpy(key, s->key, sizeof(key));
	for (unsigned i = 0; i < s->mki_len; i++)
		mki[i] = (uint8_t)(s->mki >> 8 * (s->mki_len - 1u - i));
	policy_set(s->suite, &p);
	if (s->mki_len) {
		p.keys = keys;
		p.num_master_keys = 1;
	} else {
		p.key = key;
	}
	g_assert_cmpint(srtp_create(&session, &p), ==, 0);
	g_assert_cmpint(srtp_set_stream_roc(session, s->ssrc, roc), ==, 0);
	return session;
}

static void open_session(sender *s)
{
	s->session = sender_receiver(s, (uint32_t)(s->index >> 16));
}

static void make_key(sender *s, unsigned seed)
{
	for (size_t i = 0; i < sizeof(s->key); i++)
		s->key[i] = (uint8_t)(seed * 101 + i * 37 + (seed >> 3));
}

/* The last session that closes takes NSS with it, and the next one loads it
 * again, which costs thirty times the session: one stays open for good. */
static void start(void)
{
	static srtp_t idle;
	static gsize ready;
	uint8_t key[30] = {0};
	srtp_policy_t p = {.ssrc = {ssrc_any_inbound, 0}, .key = key};

	if (!g_once_init_enter(&ready))
		return;
	policy_set("AES_CM_128", &p);
	g_assert_cmpint(srtp_init(), ==, 0);
	g_assert_cmpint(srtp_create(&idle, &p), ==, 0);
	g_once_init_leave(&ready, 1);
}

void sender_init(sender *s, const char *suite, uint8_t side, unsigned seed)
{
	start();
	*s = (sender){.suite = suite,
		      .side = side,
		      .ssrc = 0x1000 + seed,
		      .index = 1000,
		      .ts = 5000,
		      .ticks = 160,
		      .at = CLK_NS_PER_S};
	if (!suite)
		return;
	s->key_len = key_len(suite);
	make_key(s, seed);
}

static void close_session(sender *s)
{
	if (s->session)
		srtp_dealloc(s->session);
	s->session = NULL;
}

void sender_clear(sender *s)
{
	close_session(s);
}

void sender_seek(sender *s, uint64_t index)
{
	s->index = index;
	close_session(s);
}

void sender_rekey(sender *s, unsigned seed)
{
	make_key(s, seed);
	close_session(s);
}

static pkt as_pkt(const sender *s, int n)
{
	return (pkt){
		.at = {{s->at}, {s->at}},
		.side = s->side,
		.bytes = span_of(s->buf, (size_t)n),
	};
}

pkt sender_rtp(sender *s, const void *payload, size_t n)
{
	put o = put_into(s->buf, sizeof(s->buf) - 64);
	int len;
	pkt p;

	put_u8(&o, 0x80);
	put_u8(&o, s->pt);
	put_u16(&o, (uint16_t)s->index);
	put_u32(&o, s->ts);
	put_u32(&o, s->ssrc);
	put_bytes(&o, payload, n);
	g_assert_false(o.full);
	len = (int)o.n;
	if (s->suite) {
		if (!s->session)
			open_session(s);
		g_assert_cmpint(srtp_protect_mki(s->session, s->buf, &len,
						 s->mki_len > 0, 0), ==, 0);
	}
	p = as_pkt(s, len);
	s->index++;
	s->ts += s->ticks;
	s->at += 20 * CLK_NS_PER_MS;
	return p;
}

pkt sender_report(sender *s, uint64_t ntp)
{
	put o = put_into(s->buf, sizeof(s->buf) - 64);
	int len;

	put_u8(&o, 0x80);
	put_u8(&o, 200);
	put_u16(&o, 6);
	put_u32(&o, s->ssrc);
	put_u64(&o, ntp);
	put_u32(&o, s->ts);
	put_u32(&o, 1);
	put_u32(&o, 160);
	len = (int)o.n;
	if (s->suite) {
		if (!s->session)
			open_session(s);
		g_assert_cmpint(srtp_protect_rtcp_mki(s->session, s->buf, &len,
						      s->mki_len > 0, 0), ==,
				0);
	}
	return as_pkt(s, len);
}

void sender_add_payload(call_half *h, uint8_t pt, const char *name,
			uint32_t clock)
{
	call_payload p = {.pt = pt, .channels = 1, .clock = clock};

	g_strlcpy(p.name, name, sizeof(p.name));
	g_array_append_val(CALL_MEDIA(h, 0)->payloads, p);
}

call_half *sender_half(const sender *s, bool answer, uint32_t serial,
		       uint32_t tag)
{
	call_half *h = call_half_new();
	call_media *m = call_half_add_media(h);
	call_crypto c = {.tag = tag, .mki_len = s->mki_len, .mki = s->mki};

	h->serial = serial;
	h->side = s->side;
	h->answer = answer;
	g_strlcpy(m->kind, "audio", sizeof(m->kind));
	g_strlcpy(m->proto, s->suite ? "RTP/SAVP" : "RTP/AVP",
		  sizeof(m->proto));
	sender_add_payload(h, 0, "PCMU", 8000);
	sender_add_payload(h, 8, "PCMA", 8000);
	sender_add_payload(h, 101, "telephone-event", 8000);
	sender_add_payload(h, 13, "CN", 8000);
	sender_add_payload(h, 97, "RED", 8000);
	sender_add_payload(h, 114, "x-msrta", 16000);
	if (!s->suite)
		return h;
	g_strlcpy(c.suite, s->suite, sizeof(c.suite));
	g_assert_true(secret_set(&c.key, span_of(s->key, s->key_len)));
	g_array_append_val(m->cryptos, c);
	return h;
}
