#include "decoder/keyring.h"

static void key_free(void *p)
{
	dec_key *k = p;

	dec_srtp_free(k->srtp);
	secret_clear(&k->master);
	g_free(k);
}

void dec_keyring_init(dec_keyring *r, bool libsrtp)
{
	r->keys = g_ptr_array_new_with_free_func(key_free);
	r->libsrtp = libsrtp;
}

void dec_keyring_clear(dec_keyring *r)
{
	g_ptr_array_unref(r->keys);
	r->keys = NULL;
}

static dec_key *key_at(const dec_keyring *r, size_t i)
{
	return g_ptr_array_index(r->keys, i);
}

/* "SUITE" or "SUITE KDR=n" (call_crypto). */
static const dec_suite *suite_of(const call_crypto *c, uint8_t *kdr)
{
	g_autofree char *name = NULL;
	span all = span_str(c->suite), word;
	uint64_t n = 0;

	if (!span_word(&all, &word))
		return NULL;
	name = g_strndup((const char *)word.p, word.left);
	if (span_word(&all, &word) &&
	    (!span_starts(word, "KDR=") || !span_skip(&word, 4) ||
	     !span_number(word, CALL_KDR_MAX, &n)))
		return NULL;
	*kdr = (uint8_t)n;
	return dec_suite_find(name);
}

static dec_key *find(const dec_keyring *r, const dec_suite *suite, uint8_t kdr,
		     const call_half *h, uint8_t media, const secret *master)
{
	for (size_t i = 0; i < r->keys->len; i++) {
		dec_key *k = key_at(r, i);

		if (k->suite == suite && k->kdr == kdr && k->side == h->side &&
		    k->media == media && secret_same(&k->master, master))
			return k;
	}
	return NULL;
}

/* One key may be in several lines, with and without MKI; the line that the
 * answer chose wins. */
static void fill(dec_key *k, const call_half *h, const call_crypto *c)
{
	k->serial = h->serial;
	if (k->chosen && k->tag != c->tag)
		return;
	k->tag = c->tag;
	k->mki = MIN(c->mki_len, DEC_MKI_MAX);
}

static void make_room(dec_keyring *r)
{
	for (size_t i = 0; i < r->keys->len; i++) {
		if (key_at(r, i)->pinned)
			continue;
		g_ptr_array_remove_index(r->keys, (guint)i);
		return;
	}
}

static void add_line(dec_keyring *r, const call_half *h, const call_media *m,
		     const call_crypto *c)
{
	uint8_t kdr;
	const dec_suite *suite = suite_of(c, &kdr);
	dec_key *k;

	if (!suite || c->key.len != (size_t)suite->key + suite->salt)
		return;
	k = find(r, suite, kdr, h, m->index, &c->key);
	if (k) {
		/* of more than one fork: then of none */
		if (strcmp(k->branch, h->branch))
			k->branch[0] = '\0';
		fill(k, h, c);
		return;
	}
	if (r->keys->len == DEC_KEYS_MAX)
		make_room(r);
	if (r->keys->len == DEC_KEYS_MAX)
		return;
	k = g_new0(dec_key, 1);
	k->suite = suite;
	k->kdr = kdr;
	k->master = c->key;
	k->side = h->side;
	k->media = m->index;
	span_copy(span_str(h->branch), k->branch, sizeof(k->branch));
	fill(k, h, c);
	k->chosen = h->answer;
	g_ptr_array_add(r->keys, k);
}

/* RFC 4568 5.1.2: the answer repeats the tag of the line that it accepts; the
 * offerer's key of that line is in use from then on. */
static void choose(dec_keyring *r, const call_half *answer, const call_media *m,
		   const call_crypto *c)
{
	for (size_t i = 0; i < r->keys->len; i++) {
		dec_key *k = key_at(r, i);

		if (k->side != answer->side && k->media == m->index &&
		    k->tag == c->tag && k->serial <= answer->serial)
			k->chosen = true;
	}
}

void dec_keyring_add(dec_keyring *r, const call_half *h)
{
	for (size_t i = 0; i < h->media->len; i++) {
		const call_media *m = CALL_MEDIA(h, i);

		for (size_t j = 0; j < m->cryptos->len; j++) {
			const call_crypto *c = CALL_CRYPTO(m, j);

			add_line(r, h, m, c);
			if (h->answer)
				choose(r, h, m, c);
		}
	}
}

/* Higher is likelier: the path's own m= line and side, a line that an answer
 * took, the latest exchange. */
static uint64_t rank(const dec_key *k, dec_hint hint)
{
	uint64_t v = 0;

	v |= (uint64_t)(k->side == hint.side) << 34;
	v |= (uint64_t)(k->media == hint.media) << 33;
	v |= (uint64_t)k->chosen << 32;
	return v | k->serial;
}

size_t dec_keyring_order(const dec_keyring *r, dec_hint hint,
			 dec_key *out[static DEC_KEYS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < r->keys->len; i++) {
		dec_key *k = key_at(r, i);
		size_t at = n++;

		while (at > 0 && rank(out[at - 1], hint) < rank(k, hint)) {
			out[at] = out[at - 1];
			at--;
		}
		out[at] = k;
	}
	return n;
}

dec_srtp *dec_key_srtp(const dec_keyring *r, dec_key *k)
{
	if (!k->srtp)
		k->srtp = dec_srtp_new(k->suite, &k->master, k->kdr,
				       r->libsrtp);
	return k->srtp;
}

/* Some stacks agree to an MKI and send none, and Lync peers send one octet of
 * it unasked. The tag decides. */
void dec_key_forms(const dec_key *k, size_t mki[static DEC_FORMS])
{
	mki[0] = k->mki;
	mki[1] = k->mki ? 0 : 1;
}
