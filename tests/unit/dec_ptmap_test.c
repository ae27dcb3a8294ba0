#include <glib.h>

#include "decoder/ptmap.h"

static call_half *half(uint8_t side, bool answer, const char *proto)
{
	call_half *h = call_half_new();
	call_media *m = call_half_add_media(h);

	h->side = side;
	h->answer = answer;
	m->rtp.port = 4000;
	g_strlcpy(m->kind, "audio", sizeof(m->kind));
	g_strlcpy(m->proto, proto, sizeof(m->proto));
	return h;
}

static void add_pt(call_half *h, uint8_t pt, const char *name)
{
	call_payload p = {.pt = pt, .channels = 1, .clock = 16000};

	g_strlcpy(p.name, name, sizeof(p.name));
	g_array_append_val(CALL_MEDIA(h, 0)->payloads, p);
}

static const char *name_of(const dec_ptmap *m, uint8_t side, uint8_t pt)
{
	static call_payload p;

	return dec_ptmap_find(m, side, 0, pt, &p) ? p.name : NULL;
}

/* The numbers are the receiver's: what the caller sends as 111 is what the
 * callee wrote. */
static void test_direction(void)
{
	g_autoptr(call_half) offer = half(CALL_CALLER, false, "RTP/SAVP");
	g_autoptr(call_half) answer = half(CALL_CALLEE, true, "RTP/SAVP");
	dec_ptmap m;

	add_pt(offer, 111, "SIREN");
	add_pt(offer, 112, "G7221");
	add_pt(answer, 111, "L16");
	dec_ptmap_init(&m);
	dec_ptmap_add(&m, offer);
	g_assert_cmpstr(name_of(&m, CALL_CALLER, 111), ==, "SIREN");
	dec_ptmap_add(&m, answer);
	g_assert_cmpstr(name_of(&m, CALL_CALLER, 111), ==, "L16");
	g_assert_cmpstr(name_of(&m, CALL_CALLEE, 111), ==, "SIREN");
	g_assert_cmpstr(name_of(&m, CALL_CALLER, 112), ==, "G7221");
	g_assert_cmpstr(name_of(&m, CALL_CALLER, 8), ==, "PCMA");
	g_assert_null(name_of(&m, CALL_CALLER, 99));
	dec_ptmap_clear(&m);
}

/* A re-INVITE gives the number another meaning. */
static void test_latest(void)
{
	dec_ptmap m;
	unsigned before;

	dec_ptmap_init(&m);
	for (int i = 0; i < 40; i++) {
		g_autoptr(call_half) h = half(CALL_CALLER, i % 2, "RTP/AVP");

		add_pt(h, 96, i == 39 ? "iLBC" : "speex");
		before = m.version;
		dec_ptmap_add(&m, h);
		g_assert_cmpuint(m.version, !=, before);
	}
	g_assert_cmpstr(name_of(&m, CALL_CALLEE, 96), ==, "iLBC");
	dec_ptmap_clear(&m);
}

static void test_plain(void)
{
	g_autoptr(call_half) offer = half(CALL_CALLER, false, "RTP/AVP");
	g_autoptr(call_half) answer = half(CALL_CALLEE, true, "RTP/AVP");
	g_autoptr(call_half) keyed = half(CALL_CALLEE, true, "RTP/AVP");
	g_autoptr(call_half) saved = half(CALL_CALLEE, true, "RTP/SAVP");
	const call_crypto c = {.tag = 1};
	dec_ptmap m;

	g_array_append_val(CALL_MEDIA(keyed, 0)->cryptos, c);
	dec_ptmap_init(&m);
	dec_ptmap_add(&m, offer);
	g_assert_false(dec_ptmap_plain(&m, 0));
	dec_ptmap_add(&m, answer);
	g_assert_true(dec_ptmap_plain(&m, 0));
	g_assert_false(dec_ptmap_plain(&m, 1));
	dec_ptmap_add(&m, keyed);
	g_assert_false(dec_ptmap_plain(&m, 0));
	dec_ptmap_add(&m, answer);
	dec_ptmap_add(&m, saved);
	g_assert_false(dec_ptmap_plain(&m, 0));
	dec_ptmap_clear(&m);
}

/* ICE may end on a TCP pair; the final offer and answer say so (RFC 4571). */
static void test_plain_tcp(void)
{
	static const char *const plain[] = {"TCP/RTP/AVP", "TCP/RTP/AVPF"};

	for (unsigned i = 0; i < G_N_ELEMENTS(plain); i++) {
		g_autoptr(call_half) tcp = half(CALL_CALLEE, true, plain[i]);
		g_autoptr(call_half) safe =
			half(CALL_CALLEE, true, "TCP/RTP/SAVP");
		dec_ptmap m;

		dec_ptmap_init(&m);
		dec_ptmap_add(&m, tcp);
		g_assert_true(dec_ptmap_plain(&m, 0));
		dec_ptmap_add(&m, safe);
		g_assert_false(dec_ptmap_plain(&m, 0));
		dec_ptmap_clear(&m);
	}
}

/* The m= line of a fragment with candidates lists numbers and explains none,
 * and there may be any number of fragments (RFC 8840 9.2). */
static void test_trickled(void)
{
	g_autoptr(call_half) offer = half(CALL_CALLER, false, "RTP/AVP");
	g_autoptr(call_half) answer = half(CALL_CALLEE, true, "RTP/AVP");
	dec_ptmap m;

	add_pt(offer, 111, "SIREN");
	add_pt(answer, 111, "SIREN");
	dec_ptmap_init(&m);
	dec_ptmap_add(&m, offer);
	dec_ptmap_add(&m, answer);
	for (int i = 0; i < 40; i++) {
		g_autoptr(call_half) h = half(CALL_CALLEE, false, "RTP/AVP");

		CALL_MEDIA(h, 0)->rtp.port = 9;
		CALL_MEDIA(h, 0)->rtp.family = i % 2 ? 4 : 0;
		add_pt(h, 0, "PCMU");
		add_pt(h, 111, "");
		dec_ptmap_add(&m, h);
		g_assert_cmpstr(name_of(&m, CALL_CALLER, 111), ==, "SIREN");
	}
	g_assert_cmpstr(name_of(&m, CALL_CALLEE, 111), ==, "SIREN");
	g_assert_true(dec_ptmap_plain(&m, 0));
	/* an offer whose candidates are to come has such a port, too */
	CALL_MEDIA(offer, 0)->rtp.port = 9;
	add_pt(offer, 96, "iLBC");
	dec_ptmap_add(&m, offer);
	g_assert_cmpstr(name_of(&m, CALL_CALLEE, 96), ==, "iLBC");
	dec_ptmap_clear(&m);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/ptmap/direction", test_direction);
	g_test_add_func("/decoder/ptmap/latest", test_latest);
	g_test_add_func("/decoder/ptmap/plain", test_plain);
	g_test_add_func("/decoder/ptmap/plain-tcp", test_plain_tcp);
	g_test_add_func("/decoder/ptmap/trickled", test_trickled);
	return g_test_run();
}
