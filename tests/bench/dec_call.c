/* What a packet costs on its whole way through the decoder: opened, put in
 * order, decoded, handed over. PCMU under AES_CM_128_HMAC_SHA1_80, both ways.
 * Fails when packets allocate, apart from a note of the numbering once in 256
 * (decoder/past.h), whose array doubles. */
#include <stdio.h>

#include "tests/support/cost.h"
#include "tests/support/dec_heard.h"

enum {
	WARM = 1000,
	PACKETS = 60000,	/* no wrap */
	SIZE = 182,
	DOUBLINGS = 16,
};

void *__libc_malloc(size_t n);
static size_t allocations;

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

static uint64_t frames;

static void on_block(void *user, const pcm_block *b)
{
	(void)user;
	frames += b->frames;
}

static void play(dec_call *c, const uint8_t *packets, int from, int to)
{
	for (int i = from; i < to; i++) {
		const int64_t at = (int64_t)(i / 2 + 50) * 20 * CLK_NS_PER_MS;
		const pkt p = {.at = {{at}, {at}},
			       .side = i % 2 ? CALL_CALLEE : CALL_CALLER,
			       .bytes = span_of(packets + (size_t)i * SIZE,
						SIZE)};

		if (dec_call_packet(c, &p) != DEC_MEDIA)
			g_error("packet %d was not opened", i);
	}
}

int main(void)
{
	static const dec_sink sink = {.block = on_block};
	const dec_config config = dec_config_default();
	g_autofree uint8_t *packets = g_malloc((size_t)PACKETS * SIZE);
	double spent;
	dec_fix f;

	dec_fix_begin(&f, "AES_CM_128_HMAC_SHA1_80");
	dec_call_free(f.c);
	f.c = dec_call_new(&config, &sink, NULL);
	dec_fix_agree(&f);
	for (int i = 0; i < PACKETS; i++) {
		const pkt p = dec_fix_speak(i % 2 ? &f.b : &f.a, (uint8_t)i);

		g_assert(p.bytes.left == SIZE);
		memcpy(packets + (size_t)i * SIZE, p.bytes.p, SIZE);
	}
	play(f.c, packets, 0, WARM);
	allocations = 0;
	spent = cost_cpu_ns();
	play(f.c, packets, WARM, PACKETS);
	spent = cost_cpu_ns() - spent;
	printf("a packet through the whole decoder: %.0f ns, %zu allocations "
	       "in %d packets\n", spent / (PACKETS - WARM), allocations,
	       PACKETS - WARM);
	dec_fix_end(&f);
	return frames < (uint64_t)(PACKETS - WARM) * 160 ||
	       allocations > DOUBLINGS;
}
