/* media.c - twenty milliseconds at a time. */
#include "tools/phone/media.h"

#include <openssl/rand.h>
#include <sndfile.h>
#include <soxr.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <string.h>

#include "core/put.h"
#include "tools/phone/codec.h"
#include "tools/phone/tls_io.h"

enum {
	CLOCK = 8000,		/* RTP clock of every codec here */
	TICKS = CLOCK / 50,	/* RTP units in 20 ms */
	RTP_HEAD = 12,
	PACKET_MAX = 2048,
	REPORT_EVERY = 250,	/* packets: five seconds (RFC 3550 6.2) */
	HEARD_MAX = 600 * 16000,	/* samples kept */
};

typedef struct suite {
	const char *name;
	void (*set)(srtp_crypto_policy_t *);
	size_t key_len;
} suite;

static const suite suites[] = {
	{"AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default, 30},
	{"AES_CM_128_HMAC_SHA1_32",
	 srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, 30},
	{"AES_256_CM_HMAC_SHA1_80",
	 srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, 46},
	{"AES_256_CM_HMAC_SHA1_32",
	 srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32, 46},
};

struct phone_media {
	const phone_opts *o;
	phone_media_send *send;
	void *ctx;
	phone_key ours, far;
	srtp_t out, in;
	const phone_codec_kind *kind;
	phone_codec *codec;
	/* What we say. */
	int16_t *voice;		/* at the codec's rate */
	size_t voice_len, said;
	uint32_t ssrc, ts;
	uint16_t seq;
	gint64 due;		/* monotonic microseconds; 0 before the first */
	/* What we hear. */
	GArray *heard;		/* of int16_t */
	uint32_t first_ts;
	phone_media_count n;
	FILE *log;		/* of the packets sent, or NULL */
};

static bool fail(GError **err, phone_error code, const char *what,
		 const char *why)
{
	g_set_error(err, PHONE_ERROR, code, "%s: %s", what, why);
	return false;
}

static const suite *suite_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++)
		if (!strcmp(suites[i].name, name))
			return &suites[i];
	return NULL;
}

static bool make_key(phone_media *m, GError **err)
{
	const suite *s = suite_find(m->o->suite);
	uint8_t raw[SECRET_MAX];

	if (!s)
		return fail(err, PHONE_ERROR_OPTION, m->o->suite,
			    "not a suite of this phone");
	if (RAND_bytes(raw, sizeof(raw)) != 1 ||
	    !secret_set(&m->ours.key, span_of(raw, s->key_len)))
		return fail(err, PHONE_ERROR_OPTION, "key", "no random");
	m->ours.tag = 2;
	g_strlcpy(m->ours.suite, s->name, sizeof(m->ours.suite));
	if (m->o->mki) {
		m->ours.mki_len = 1;
		m->ours.mki[0] = 1;
	}
	return true;
}

static bool open_log(phone_media *m, GError **err)
{
	if (!m->o->packets)
		return true;
	m->log = fopen(m->o->packets, "w");
	return m->log || fail(err, PHONE_ERROR_FILE, m->o->packets,
			      "cannot be written");
}

phone_media *phone_media_new(const phone_opts *o, phone_media_send *send,
			     void *ctx, GError **err)
{
	phone_media *m = g_new0(phone_media, 1);

	m->o = o;
	m->send = send;
	m->ctx = ctx;
	m->ssrc = g_random_int();
	m->ts = g_random_int();
	m->seq = (uint16_t)g_random_int_range(0, 0x8000);
	m->heard = g_array_new(FALSE, TRUE, sizeof(int16_t));
	if (open_log(m, err) && make_key(m, err))
		return m;
	phone_media_free(m);
	return NULL;
}

void phone_media_free(phone_media *m)
{
	if (!m)
		return;
	if (m->in)
		srtp_dealloc(m->in);
	if (m->out)
		srtp_dealloc(m->out);
	phone_codec_free(m->codec);
	if (m->log)
		fclose(m->log);
	secret_clear(&m->ours.key);
	secret_clear(&m->far.key);
	g_array_unref(m->heard);
	g_free(m->voice);
	g_free(m);
}

/* The first of `offered` that is also in our own list (all when NULL). */
static bool choose_codecs(const phone_media *m, const phone_sdp *far,
			  GArray *pts)
{
	g_auto(GStrv) names = g_strsplit(m->o->codecs, ",", -1);

	for (char **n = names; *n; n++) {
		const phone_codec_kind *k = phone_codec_named(*n, strlen(*n));
		bool wanted = k && !far;

		for (guint i = 0; k && far && i < far->pts->len; i++)
			wanted |= g_array_index(far->pts, uint8_t, i) == k->pt;
		if (wanted)
			g_array_append_val(pts, k->pt);
		if (wanted && far)
			break;
	}
	return pts->len > 0;
}

static const phone_key *choose_key(const phone_media *m, const phone_sdp *far)
{
	for (guint i = 0; i < far->keys->len; i++) {
		const phone_key *k = &g_array_index(far->keys, phone_key, i);
		const suite *s = suite_find(k->suite);

		if (s && s->key_len == k->key.len &&
		    !strcmp(k->suite, m->ours.suite))
			return k;
	}
	return NULL;
}

bool phone_media_describe(phone_media *m, const phone_sdp *far, phone_sdp *s,
			  GError **err)
{
	if (!choose_codecs(m, far, s->pts))
		return fail(err, PHONE_ERROR_SDP, "codec",
			    "none that both ends have");
	if (far && !choose_key(m, far))
		return fail(err, PHONE_ERROR_SDP, m->ours.suite,
			    "not in the offer");
	if (far)
		m->ours.tag = choose_key(m, far)->tag;
	g_array_append_val(s->keys, m->ours);
	return true;
}

/* Reads the WAV, of any rate, and brings it to the codec's. */
static bool load_voice(phone_media *m, GError **err)
{
	SF_INFO info = {0};
	SNDFILE *f = sf_open(m->o->play, SFM_READ, &info);
	soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
	g_autofree int16_t *raw = NULL;
	size_t room, used = 0;
	sf_count_t n;

	if (!f)
		return fail(err, PHONE_ERROR_FILE, m->o->play,
			    sf_strerror(NULL));
	raw = g_new0(int16_t, (gsize)info.frames * (gsize)info.channels);
	n = sf_readf_short(f, raw, info.frames);
	sf_close(f);
	if (info.channels != 1)
		return fail(err, PHONE_ERROR_FILE, m->o->play, "not mono");
	room = (size_t)n * m->kind->rate / (size_t)info.samplerate + 64;
	m->voice = g_new0(int16_t, room);
	if (soxr_oneshot(info.samplerate, m->kind->rate, 1, raw, (size_t)n,
			 NULL, m->voice, room, &used, &io, NULL, NULL))
		return fail(err, PHONE_ERROR_FILE, m->o->play, "resampling");
	m->voice_len = used;
	return true;
}

static bool open_srtp(srtp_t *s, const phone_key *key, bool inbound,
		      GError **err)
{
	srtp_policy_t p = {.window_size = 1024};
	srtp_master_key_t master = {
		.key = (unsigned char *)key->key.b,
		.mki_id = (unsigned char *)key->mki,
		.mki_size = key->mki_len,
	};
	srtp_master_key_t *keys[] = {&master};

	suite_find(key->suite)->set(&p.rtp);
	suite_find(key->suite)->set(&p.rtcp);
	p.rtcp.auth_tag_len = 10;	/* RFC 3711 5.2: never 32 bits */
	p.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
	if (key->mki_len) {
		p.keys = keys;
		p.num_master_keys = 1;
	} else {
		p.key = (unsigned char *)key->key.b;
	}
	if (!srtp_create(s, &p))
		return true;
	return fail(err, PHONE_ERROR_SDP, "SRTP", "libsrtp refused the key");
}

bool phone_media_agree(phone_media *m, const phone_sdp *far, GError **err)
{
	const phone_key *key = choose_key(m, far);
	g_autoptr(GArray) pts = g_array_new(FALSE, FALSE, sizeof(uint8_t));

	if (m->kind)
		return true;	/* an update; keys and codec stay */
	if (!key)
		return fail(err, PHONE_ERROR_SDP, m->ours.suite,
			    "not in the answer");
	if (!choose_codecs(m, far, pts))
		return fail(err, PHONE_ERROR_SDP, "codec",
			    "none that both ends have");
	m->kind = phone_codec_of(g_array_index(pts, uint8_t, 0));
	m->codec = phone_codec_new(m->kind);
	m->far = *key;
	if (m->o->play && !load_voice(m, err))
		return false;
	return open_srtp(&m->out, &m->ours, false, err) &&
	       open_srtp(&m->in, &m->far, true, err);
}

/* What crossed the wire, for who compares it with a journal. */
static void log_packet(FILE *f, const uint8_t *packet, int n)
{
	for (int i = 0; i < n; i++)
		fprintf(f, "%02x", packet[i]);
	fputc('\n', f);
}

static void transmit(phone_media *m, unsigned component, uint8_t *packet,
		     int n, srtp_err_status_t verdict)
{
	if (verdict || !m->send(m->ctx, component, packet, (size_t)n))
		m->n.unsent++;
	else if (m->log)
		log_packet(m->log, packet, n);
}

static void send_voice(phone_media *m)
{
	size_t samples = TICKS * m->kind->rate / CLOCK;
	int16_t pcm[TICKS * 2] = {0};
	uint8_t packet[PACKET_MAX];
	put o = put_into(packet, sizeof(packet));
	size_t left = m->voice_len - m->said;
	int n;

	memcpy(pcm, m->voice + m->said, 2 * MIN(left, samples));
	m->said += MIN(left, samples);
	put_u8(&o, 0x80);	/* RFC 3550 5.1; the marker on the first */
	put_u8(&o, (uint8_t)(m->kind->pt | (m->n.sent ? 0 : 0x80)));
	put_u16(&o, m->seq++);
	put_u32(&o, m->ts);
	put_u32(&o, m->ssrc);
	n = RTP_HEAD + (int)phone_codec_encode(m->codec, pcm, samples,
					       packet + RTP_HEAD);
	m->ts += TICKS;
	m->n.sent++;
	transmit(m, 1, packet, n,
		 srtp_protect_mki(m->out, packet, &n, m->ours.mki_len > 0, 0));
}

/* Sender report and a CNAME (RFC 3550 6.4.1, 6.5.1). */
static void send_report(phone_media *m)
{
	gint64 now = g_get_real_time();
	uint8_t packet[PACKET_MAX];
	put o = put_into(packet, sizeof(packet));
	int n;

	put_u16(&o, 0x80c8);
	put_u16(&o, 6);
	put_u32(&o, m->ssrc);
	put_u32(&o, (uint32_t)(now / G_USEC_PER_SEC + 2208988800));
	put_u32(&o, (uint32_t)(((guint64)(now % G_USEC_PER_SEC) << 32) /
			       G_USEC_PER_SEC));
	put_u32(&o, m->ts);
	put_u32(&o, m->n.sent);
	put_u32(&o, m->n.sent * TICKS);
	put_u16(&o, 0x81ca);
	put_u16(&o, 3);
	put_u32(&o, m->ssrc);
	put_bytes(&o, "\1\5phone\0", 8);
	n = (int)o.n;
	m->n.reports_sent++;
	transmit(m, 2, packet, n,
		 srtp_protect_rtcp_mki(m->out, packet, &n,
				       m->ours.mki_len > 0, 0));
}

void phone_media_tick(phone_media *m)
{
	gint64 now = g_get_monotonic_time();

	if (!m->out)
		return;
	for (m->due = m->due ? m->due : now; m->due <= now; m->due += 20000) {
		send_voice(m);
		if (m->n.sent % REPORT_EVERY == REPORT_EVERY / 5)
			send_report(m);
	}
}

/* Lays decoded samples where their timestamp says. */
static void hear(phone_media *m, uint32_t ts, const uint8_t *payload, size_t n)
{
	int16_t pcm[PACKET_MAX * 2];
	size_t count = phone_codec_decode(m->codec, payload, n, pcm);
	int32_t since;
	size_t at;

	if (m->n.received == 1)
		m->first_ts = ts;
	since = (int32_t)(ts - m->first_ts);
	at = (size_t)since * (m->kind->rate / CLOCK);
	if (since < 0 || at + count > HEARD_MAX)
		return;
	if (m->heard->len < at + count)
		g_array_set_size(m->heard, (guint)(at + count));
	memcpy(&g_array_index(m->heard, int16_t, at), pcm, 2 * count);
}

static void take_voice(phone_media *m, uint8_t *packet, int n)
{
	span in = span_of(packet, (size_t)n), body;
	uint16_t bits, seq;
	uint32_t ts, ssrc;

	m->n.received++;
	in.left = (size_t)n;
	if (!span_u16(&in, &bits) || !span_u16(&in, &seq) ||
	    !span_u32(&in, &ts) || !span_u32(&in, &ssrc) ||
	    !span_cut(&in, in.left, &body))
		return;
	if ((bits & 0x7f) == m->kind->pt && !(bits & 0x3f00))
		hear(m, ts, body.p, MIN(body.left, PACKET_MAX));
}

void phone_media_take(phone_media *m, const uint8_t *data, size_t n)
{
	uint8_t packet[PACKET_MAX];
	bool report = n > 1 && data[1] >= 192 && data[1] <= 223;
	int len = (int)n;

	if (!m->in || n < RTP_HEAD || n > sizeof(packet) || data[0] >> 6 != 2)
		return;
	memcpy(packet, data, n);
	if (report) {
		if (!srtp_unprotect_rtcp_mki(m->in, packet, &len,
					     m->far.mki_len > 0))
			m->n.reports_received++;
		else
			m->n.refused++;
	} else if (srtp_unprotect_mki(m->in, packet, &len,
				      m->far.mki_len > 0)) {
		m->n.refused++;
	} else {
		take_voice(m, packet, len);
	}
}

bool phone_media_save(phone_media *m, GError **err)
{
	SF_INFO info = {.channels = 1,
			.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	SNDFILE *f;

	info.samplerate = m->kind ? (int)m->kind->rate : CLOCK;
	f = sf_open(m->o->heard, SFM_WRITE, &info);
	if (!f)
		return fail(err, PHONE_ERROR_FILE, m->o->heard,
			    sf_strerror(NULL));
	sf_write_short(f, (int16_t *)m->heard->data, m->heard->len);
	sf_close(f);
	return true;
}

phone_media_count phone_media_counts(const phone_media *m)
{
	return m->n;
}

const char *phone_media_codec(const phone_media *m)
{
	return m->kind ? m->kind->name : "none";
}
