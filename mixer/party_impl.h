/* party_impl.h - internals of a party: party.c makes its sound, party_seats.c
 * decides who sits where. */
#pragma once
#include "mixer/lane.h"
#include "mixer/limit.h"
#include "mixer/party.h"
#include "mixer/plan.h"
#include "mixer/strip.h"

/* A speaker. */
typedef struct mix_seat {
	mix_strip *strip;
	mix_limit *limit;	/* NULL: its sound is not wanted separately */
	float *bus;		/* room for a step, and `pcm` with it */
	int16_t *pcm;		/* its sound alone */
} mix_seat;

/* A source, or a contributor to one, on its seat. */
typedef struct mix_sitter {
	const mix_track *track;
	uint32_t talker;	/* 0: the source itself */
	unsigned seat;
} mix_sitter;

struct mix_party {
	const mix_plan *plan;
	mix_desk *desk;
	mix_mute *mute;
	mix_dial *dial;
	uint8_t side;
	bool apart;		/* each speaker is wanted alone */
	bool crowd;		/* two were heard at once */
	size_t quantum;
	int64_t made;		/* samples, with those of the rest */
	GPtrArray *seats;	/* of mix_seat */
	GArray *sitters;	/* of mix_sitter, in the order in which they
				 * sat down */
	mix_limit *limit;
	float *room;		/* for a step, NULL between steps; in it: */
	float *sum;		/* of several seats */
	float *mixed;		/* a source's that is a mix */
	int16_t *pcm;
	uint8_t *heard, *unheard;
};

static inline mix_seat *mix_party_seat(const mix_party *p, unsigned i)
{
	return g_ptr_array_index(p->seats, i);
}

static inline int64_t mix_party_ns(const mix_party *p, int64_t samples)
{
	return (int64_t)((__int128)samples * CLK_NS_PER_S / p->desk->rate);
}

/* When the track is not to be heard; NULL: it always is. */
static inline mix_mute *mix_party_left_out(const mix_party *p,
					   const mix_track *t)
{
	const void *key = GUINT_TO_POINTER(mix_track_stream(t) + 1);

	return g_hash_table_lookup(p->desk->left_out, key);
}

/* Memory for a step; none between steps. */
void mix_seat_wake(const mix_party *p, mix_seat *s);
void mix_seat_sleep(mix_seat *s);
void mix_seat_free(void *seat);
/* Its number. */
unsigned mix_party_open_seat(mix_party *p);

/* The track's seat, or NULL; valid until somebody sits down. */
mix_sitter *mix_party_sitter(const mix_party *p, const mix_track *t);
/* Gives a seat to those of the tracks that are heard before `until`. */
void mix_party_find_seats(mix_party *p, const GPtrArray *tracks, int64_t until);
/* The seat of a contributor; the first one has that of the source. A
 * contributor named when there are too many has no seat of his own, because the
 * list is searched at each turn, and a sender may name as many as he likes. */
unsigned mix_party_talker_seat(mix_party *p, const mix_track *t,
			       uint32_t talker);
