/* sdp.c - reads and writes the phone's SDP. */
#include "tools/phone/sdp.h"

#include <string.h>

#include "tools/phone/codec.h"
#include "tools/phone/tls_io.h"

static void wipe_key(void *p)
{
	phone_key *k = p;

	secret_clear(&k->key);
}

phone_sdp *phone_sdp_new(void)
{
	phone_sdp *s = g_new0(phone_sdp, 1);

	s->candidates = g_ptr_array_new_with_free_func(g_free);
	s->pts = g_array_new(FALSE, FALSE, sizeof(uint8_t));
	s->keys = g_array_new(FALSE, FALSE, sizeof(phone_key));
	g_array_set_clear_func(s->keys, wipe_key);
	return s;
}

void phone_sdp_free(phone_sdp *s)
{
	if (!s)
		return;
	g_free(s->ufrag);
	g_free(s->pwd);
	g_free(s->remote);
	g_free(s->ip[0]);
	g_free(s->ip[1]);
	g_ptr_array_unref(s->candidates);
	g_array_unref(s->pts);
	g_array_unref(s->keys);
	g_free(s);
}

/* key-params after "inline:" are key|lifetime|mki:length, the last two
 * optional (RFC 4568 9.2); a lifetime has no colon. */
static bool read_key_params(const char *text, phone_key *k)
{
	g_auto(GStrv) part = g_strsplit(text, "|", 3);
	gsize n;
	g_autofree guchar *raw = g_base64_decode(part[0], &n);
	const char *mki = NULL;
	bool ok = secret_set(&k->key, span_of(raw, n));

	memset(raw, 0, n);
	for (char **p = part + 1; *p; p++)
		if (strchr(*p, ':'))
			mki = *p;
	if (!mki)
		return ok;
	guint64 value = g_ascii_strtoull(mki, NULL, 10);
	guint64 len = g_ascii_strtoull(strchr(mki, ':') + 1, NULL, 10);

	if (!len || len > sizeof(k->mki))
		return false;
	k->mki_len = (uint8_t)len;
	for (guint64 i = len; i-- > 0; value >>= 8)
		k->mki[i] = (uint8_t)value;
	return ok;
}

/* "1 AES_CM_128_HMAC_SHA1_80 inline:..." */
static void read_crypto(phone_sdp *s, const char *value)
{
	g_auto(GStrv) word = g_strsplit(value, " ", 4);
	phone_key k = {0};

	if (g_strv_length(word) < 3 || !g_str_has_prefix(word[2], "inline:"))
		return;
	k.tag = (unsigned)g_ascii_strtoull(word[0], NULL, 10);
	g_strlcpy(k.suite, word[1], sizeof(k.suite));
	if (read_key_params(word[2] + 7, &k))
		g_array_append_val(s->keys, k);
	secret_clear(&k.key);
}

static void read_media(phone_sdp *s, const char *value)
{
	g_auto(GStrv) word = g_strsplit(value, " ", -1);

	if (g_strv_length(word) < 4)
		return;
	s->port[0] = (unsigned)g_ascii_strtoull(word[1], NULL, 10);
	for (char **w = word + 3; *w; w++) {
		uint8_t pt = (uint8_t)g_ascii_strtoull(*w, NULL, 10);

		g_array_append_val(s->pts, pt);
	}
}

static void read_connection(phone_sdp *s, const char *value)
{
	g_free(s->ip[0]);
	s->ip[0] = g_strdup(value);
}

static void read_attribute(phone_sdp *s, const char *line)
{
	const char *value = strchr(line, ':');

	if (g_str_has_prefix(line, "a=candidate:"))
		g_ptr_array_add(s->candidates, g_strdup(line));
	else if (g_str_has_prefix(line, "a=ice-mismatch"))
		s->mismatch = true;
	else if (!value)
		return;
	else if (g_str_has_prefix(line, "a=ice-ufrag:") && !s->ufrag)
		s->ufrag = g_strdup(value + 1);
	else if (g_str_has_prefix(line, "a=ice-pwd:") && !s->pwd)
		s->pwd = g_strdup(value + 1);
	else if (g_str_has_prefix(line, "a=crypto:"))
		read_crypto(s, value + 1);
}

static void read_line(phone_sdp *s, const char *line, bool *in_audio)
{
	if (g_str_has_prefix(line, "m=")) {
		*in_audio = g_str_has_prefix(line, "m=audio ") &&
			    !s->pts->len;
		if (*in_audio)
			read_media(s, line + 2);
	} else if ((g_str_has_prefix(line, "c=IN IP4 ") ||
		    g_str_has_prefix(line, "c=IN IP6 ")) &&
		   (*in_audio || !s->pts->len)) {
		read_connection(s, line + 9);
	} else if (g_str_has_prefix(line, "a=") &&
		   (*in_audio || !s->pts->len)) {
		read_attribute(s, line);
	}
}

phone_sdp *phone_sdp_fragment_parse(const char *text)
{
	phone_sdp *s = phone_sdp_new();
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	bool in_audio = false;

	for (char **l = lines; *l; l++)
		read_line(s, g_strchomp(*l), &in_audio);
	return s;
}

phone_sdp *phone_sdp_parse(const char *text, GError **err)
{
	g_autoptr(phone_sdp) s = phone_sdp_fragment_parse(text);

	if (s->pts->len && s->ufrag && s->pwd && s->keys->len)
		return g_steal_pointer(&s);
	g_set_error(err, PHONE_ERROR, PHONE_ERROR_SDP, "the SDP has no %s",
		    !s->pts->len ? "audio line" :
		    !s->keys->len ? "usable a=crypto line" :
				    "ICE credentials");
	return NULL;
}

static void write_key(GString *t, const phone_key *k)
{
	span raw = secret_peek(&k->key);
	g_autofree char *b64 = g_base64_encode(raw.p, raw.left);

	g_string_append_printf(t, "a=crypto:%u %s inline:%s|2^31", k->tag,
			       k->suite, b64);
	if (k->mki_len)
		g_string_append_printf(t, "|%u:%u", k->mki[k->mki_len - 1],
				       k->mki_len);
	g_string_append(t, "\r\n");
	memset(b64, 0, strlen(b64));
}

static const char *family(const char *ip)
{
	return strchr(ip, ':') ? "IP6" : "IP4";
}

static void write_candidates(GString *t, const phone_sdp *s)
{
	for (guint i = 0; i < s->candidates->len; i++)
		g_string_append_printf(t, "%s\r\n",
				(char *)g_ptr_array_index(s->candidates, i));
}

char *phone_sdp_fragment_text(const phone_sdp *s)
{
	GString *t = g_string_new(NULL);

	g_string_append_printf(t, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
			       "m=audio 9 RTP/AVP 0\r\na=mid:1\r\n",
			       s->ufrag, s->pwd);
	write_candidates(t, s);
	g_string_append(t, "a=end-of-candidates\r\n");
	return g_string_free(t, FALSE);
}

char *phone_sdp_text(const phone_sdp *s)
{
	GString *t = g_string_new("v=0\r\n");

	g_string_append_printf(t,
		"o=- 0 0 IN %s %s\r\ns=session\r\nc=IN %s %s\r\n"
		"b=CT:99980\r\nt=0 0\r\nm=audio %u RTP/SAVP",
		family(s->ip[0]), s->ip[0], family(s->ip[0]), s->ip[0],
		s->port[0]);
	for (guint i = 0; i < s->pts->len; i++)
		g_string_append_printf(t, " %u",
				       g_array_index(s->pts, uint8_t, i));
	g_string_append_printf(t, "\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n",
			       s->ufrag, s->pwd);
	write_candidates(t, s);
	for (guint i = 0; i < s->keys->len; i++)
		write_key(t, &g_array_index(s->keys, phone_key, i));
	if (s->remote)
		g_string_append_printf(t, "a=remote-candidates:%s\r\n",
				       s->remote);
	g_string_append_printf(t, "a=maxptime:200\r\na=rtcp:%u IN %s %s\r\n",
			       s->port[1], family(s->ip[1]), s->ip[1]);
	for (guint i = 0; i < s->pts->len; i++) {
		uint8_t pt = g_array_index(s->pts, uint8_t, i);

		g_string_append_printf(t, "a=rtpmap:%u %s/8000\r\n", pt,
				       phone_codec_of(pt)->name);
	}
	g_string_append(t, "a=encryption:required\r\n");
	return g_string_free(t, FALSE);
}
