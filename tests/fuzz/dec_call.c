/* Targets: dec_call_packet, dec_call_describe
 *
 * A plain call, so that hostile payload is believed: records of time step (1
 * octet, tens of ms), side and length (2 octets), packet. Blocks must rise, and
 * each packet must end in one count. */
#include <stdlib.h>

#include "decoder/dec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { STREAMS = 4096 };

static int64_t ends[STREAMS];
static bool begun[STREAMS];

static void on_block(void *user, const pcm_block *b)
{
	(void)user;
	if (b->stream >= STREAMS || !b->frames || !b->rate || !b->clock)
		abort();
	if (begun[b->stream] && b->ts < ends[b->stream])
		abort();
	begun[b->stream] = true;
	ends[b->stream] = b->ts + (int64_t)(b->frames * b->clock / b->rate);
}

static void add(call_half *h, uint8_t pt, const char *name, uint32_t clock)
{
	call_payload p = {.pt = pt, .channels = 1, .clock = clock};

	span_copy(span_str(name), p.name, sizeof(p.name));
	g_array_append_val(CALL_MEDIA(h, 0)->payloads, p);
}

static void describe(dec_call *c, uint8_t side)
{
	g_autoptr(call_half) h = call_half_new();
	call_media *m = call_half_add_media(h);

	h->side = side;
	h->serial = side + 1u;
	h->answer = side == CALL_CALLEE;
	span_copy(span_str("audio"), m->kind, sizeof(m->kind));
	span_copy(span_str("RTP/AVP"), m->proto, sizeof(m->proto));
	add(h, 0, "PCMU", 8000);
	add(h, 9, "G722", 8000);
	add(h, 111, "SIREN", 16000);
	add(h, 114, "x-msrta", 16000);
	add(h, 97, "RED", 8000);
	add(h, 13, "CN", 8000);
	add(h, 118, "CN", 16000);
	add(h, 101, "telephone-event", 8000);
	dec_call_describe(c, h);
}

static void feed(dec_call *c, span in)
{
	int64_t now = CLK_NS_PER_S;
	uint16_t what;
	uint8_t step;
	span bytes;

	while (span_u8(&in, &step) && span_u16(&in, &what) &&
	       span_cut(&in, what & 0x1ff, &bytes)) {
		const pkt p = {.at = {{now}, {now}},
			       .side = what >> 14 & 1,
			       .bytes = bytes};

		now += step * 10 * CLK_NS_PER_MS;
		if (what & 0x2000)
			dec_call_advance(c, (clk_mono){now});
		(void)dec_call_packet(c, &p);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const dec_sink sink = {.block = on_block};
	const dec_config config = dec_config_default();
	g_autoptr(dec_call) c = dec_call_new(&config, &sink, NULL);
	uint64_t sum = 0;
	dec_totals t;

	memset(begun, 0, sizeof(begun));
	describe(c, CALL_CALLER);
	describe(c, CALL_CALLEE);
	feed(c, span_of(data, n));
	dec_call_finish(c);
	dec_call_totals(c, &t);
	for (int i = 0; i < DEC_FATES; i++)
		sum += t.fate[i];
	if (sum != t.packets)
		abort();
	return 0;
}
