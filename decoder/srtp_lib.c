#include "decoder/srtp_lib.h"

#include <arpa/inet.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <srtp2/srtp.h>

#include "decoder/dec.h"

/* The caller checks for replay. libsrtp2's own window is as wide as possible,
 * and a stream for which it reports "seen" or "too old" is created again. */
enum { WINDOW = 0x8000 - 1 };

struct dec_srtp_lib {
	srtp_t session;
	srtp_policy_t policy;
	uint8_t key[SECRET_MAX];
};

typedef void (*set_policy)(srtp_crypto_policy_t *);

typedef struct entry {
	const char *name;
	set_policy rtp, rtcp;
} entry;

static void set_null_32(srtp_crypto_policy_t *p)
{
	srtp_crypto_policy_set_null_cipher_hmac_sha1_80(p);
	p->auth_tag_len = 4;
}

/* Without AES-192: libsrtp2 2.5 derives its session keys in another way than
 * RFC 6188 7.4 shows. */
static const entry table[] = {
	{"AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default,
	 srtp_crypto_policy_set_rtp_default},
	{"AES_CM_128_HMAC_SHA1_32",
	 srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
	 srtp_crypto_policy_set_rtp_default},
	{"AES_256_CM_HMAC_SHA1_80",
	 srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	 srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
	{"AES_256_CM_HMAC_SHA1_32",
	 srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
	 srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
	{"AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth,
	 srtp_crypto_policy_set_aes_gcm_128_16_auth},
	{"AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth,
	 srtp_crypto_policy_set_aes_gcm_256_16_auth},
	{"NULL_HMAC_SHA1_80", srtp_crypto_policy_set_null_cipher_hmac_sha1_80,
	 srtp_crypto_policy_set_null_cipher_hmac_sha1_80},
	{"NULL_HMAC_SHA1_32", set_null_32,
	 srtp_crypto_policy_set_null_cipher_hmac_sha1_80},
};

static const entry *find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

/* A second call returns an error, which is ignored; without a first call no
 * session can be created. */
static void start(void)
{
	static gsize done;

	if (!g_once_init_enter(&done))
		return;
	(void)!srtp_init();
	g_once_init_leave(&done, 1);
}

/* libsrtp2's first session loads NSS, whose modules are files, and the last one
 * unloads it: so one stays for good. NSS refuses to work in a forked process
 * unless it is told before the fork; decryption shares nothing with the
 * parent. */
bool dec_libsrtp_load(void)
{
	static uint8_t key[30];
	static srtp_t idle;
	srtp_policy_t p = {.ssrc = {ssrc_any_inbound, 0}, .key = key};

	if (idle)
		return true;
	(void)g_setenv("NSS_STRICT_NOFORK", "DISABLED", TRUE);
	start();
	srtp_crypto_policy_set_rtp_default(&p.rtp);
	srtp_crypto_policy_set_rtcp_default(&p.rtcp);
	return srtp_create(&idle, &p) == srtp_err_status_ok;
}

dec_srtp_lib *dec_srtp_lib_new(const dec_suite *s, const secret *master)
{
	const entry *e = find(s->name);
	dec_srtp_lib *l;

	if (!e)
		return NULL;
	start();
	l = g_new0(dec_srtp_lib, 1);
	memcpy(l->key, master->b, master->len);
	e->rtp(&l->policy.rtp);
	e->rtcp(&l->policy.rtcp);
	l->policy.key = l->key;
	l->policy.ssrc.type = ssrc_specific;
	l->policy.window_size = WINDOW;
	if (srtp_create(&l->session, &l->policy) == srtp_err_status_ok)
		return l;
	dec_srtp_lib_free(l);
	return NULL;
}

void dec_srtp_lib_free(dec_srtp_lib *l)
{
	if (!l)
		return;
	if (l->session)
		srtp_dealloc(l->session);
	OPENSSL_cleanse(l, sizeof(*l));
	g_free(l);
}

/* A fresh stream at the given rollover counter. */
static bool renew(dec_srtp_lib *l, uint32_t ssrc, uint32_t roc)
{
	(void)srtp_remove_stream(l->session, htonl(ssrc));
	l->policy.ssrc.value = ssrc;
	return srtp_add_stream(l->session, &l->policy) == srtp_err_status_ok &&
	       srtp_set_stream_roc(l->session, ssrc, roc) ==
		       srtp_err_status_ok;
}

static bool pack(uint8_t *out, const dec_parts *p, int *n)
{
	const span all[] = {p->head, p->body, p->word, p->tag};
	size_t at = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		if (all[i].left)
			memcpy(out + at, all[i].p, all[i].left);
		at += all[i].left;
	}
	*n = (int)at;
	return at <= INT_MAX;
}

static bool try_rtp(dec_srtp_lib *l, const dec_parts *p, uint8_t *out,
		    size_t *n, srtp_err_status_t *why)
{
	int len;

	if (!pack(out, p, &len))
		return false;
	*why = srtp_unprotect(l->session, out, &len);
	*n = (size_t)len;
	return *why == srtp_err_status_ok;
}

bool dec_srtp_lib_rtp(dec_srtp_lib *l, const dec_parts *p, const dec_rtp *h,
		      uint32_t roc, uint8_t *out, size_t *n)
{
	srtp_err_status_t why;
	uint32_t now;

	if (srtp_get_stream_roc(l->session, h->ssrc, &now) ==
		    srtp_err_status_ok && now == roc &&
	    try_rtp(l, p, out, n, &why))
		return true;
	return renew(l, h->ssrc, roc) && try_rtp(l, p, out, n, &why);
}

bool dec_srtp_lib_rtcp(dec_srtp_lib *l, const dec_parts *p, uint8_t *out,
		       size_t *n)
{
	span id = span_of(p->head.p + 4, 4);
	uint32_t ssrc;
	int len;

	if (!span_u32(&id, &ssrc))
		return false;
	for (int again = 0; again < 2; again++) {
		if (!pack(out, p, &len))
			return false;
		if (srtp_unprotect_rtcp(l->session, out, &len) ==
		    srtp_err_status_ok) {
			*n = (size_t)len;
			return true;
		}
		if (!renew(l, ssrc, 0))
			return false;
	}
	return false;
}
