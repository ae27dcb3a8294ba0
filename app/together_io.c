#include "app/together.h"

#include <glib/gstdio.h>
#include <string.h>

#include "app/leg.h"

enum {
	STEPS_PER_S = 50,
	CHUNK = 960,		/* frames of a step, at most */
	EVERY = 25,		/* steps between two that write */
};

/* A file of a leg, and where it was read up to. */
typedef struct source {
	leg_sound sound;	/* lent */
	guint leg;
	uint32_t stream;	/* of its first channel */
	uint8_t side[2];	/* where each is heard; CALL_UNKNOWN: nowhere */
	bool heard[2];
	int64_t frames;		/* read so far */
} source;

struct together {
	char *dir;
	GArray *legs;		/* of leg */
	GArray *offsets;	/* of int64_t: ns after the first one's begin */
	GArray *sources;	/* of source */
	GArray *voices;		/* of together_voice */
	bool served;		/* by a conference server, whose side is heard
				 * from one leg */
	mix_totals totals;
};

static leg *leg_at(const together *t, guint i)
{
	return &g_array_index(t->legs, leg, i);
}

static int64_t offset_at(const together *t, guint i)
{
	return g_array_index(t->offsets, int64_t, i);
}

static source *source_at(const together *t, guint i)
{
	return &g_array_index(t->sources, source, i);
}

/* ---- when each begins ---- */

/* The first leg of the same boot. */
static const leg *first_of_boot(const together *t, const leg *of)
{
	for (guint i = 0; i < t->legs->len; i++) {
		const leg *l = leg_at(t, i);

		if (!l->why && !memcmp(l->boot, of->boot, sizeof(l->boot)))
			return l;
	}
	return of;
}

/* Between journals of one boot the monotonic clock counts, whatever happened to
 * the wall clock meanwhile. */
static void straighten(together *t)
{
	for (guint i = 0; i < t->legs->len; i++) {
		leg *l = leg_at(t, i);
		const leg *ref = first_of_boot(t, l);

		if (!l->why && ref != l)
			l->begin.wall.ns = ref->begin.wall.ns +
					   clk_since(l->begin.mono,
						     ref->begin.mono);
	}
}

static gint by_begin(gconstpointer a, gconstpointer b)
{
	const leg *x = a, *y = b;

	if (x->begin.wall.ns != y->begin.wall.ns)
		return x->begin.wall.ns < y->begin.wall.ns ? -1 : 1;
	return strcmp(x->call->name, y->call->name);
}

/* A leg without sound does not move the beginning. */
static clk_wall first_begin(const together *t)
{
	for (guint i = 0; i < t->legs->len; i++)
		if (leg_at(t, i)->sounds->len)
			return leg_at(t, i)->begin.wall;
	return (clk_wall){0};
}

static void place_all(together *t)
{
	clk_wall begin;

	straighten(t);
	g_array_sort(t->legs, by_begin);
	begin = first_begin(t);
	for (guint i = 0; i < t->legs->len; i++) {
		const int64_t offset = leg_at(t, i)->begin.wall.ns - begin.ns;

		g_array_append_val(t->offsets, offset);
	}
}

/* ---- who is heard where ---- */

/* The conference's own address is that of the person who invited to it, and is
 * a party of each call: either always among the callers, or among the
 * callees. */
static bool in_each(const together *t, const char *uri)
{
	for (guint i = 0; i < t->legs->len; i++) {
		const cat_entry *e = leg_at(t, i)->call;

		if (g_strcmp0(e->caller, uri) && g_strcmp0(e->callee, uri))
			return false;
	}
	return uri != NULL;
}

static const char *server_of(const together *t)
{
	const cat_entry *first = leg_at(t, 0)->call;

	for (guint i = 0; i < t->legs->len; i++) {
		const cat_entry *e = leg_at(t, i)->call;

		if (!e->conference || !*e->conference ||
		    strcmp(e->conference, first->conference))
			return NULL;
	}
	if (t->legs->len > 1 && in_each(t, first->callee))
		return first->callee;
	return t->legs->len > 1 && in_each(t, first->caller) ? first->caller
							     : NULL;
}

/* In a conference the channel has the voice of the side that is not the
 * server's. Two parties in one channel belong to no side, and are heard on the
 * left. */
static uint8_t side_of(const together *t, uint8_t side, guint l,
		       const char *server, guint with_server)
{
	const char *callee = leg_at(t, l)->call->callee;
	const uint8_t served = !g_strcmp0(callee, server) ? CALL_CALLEE
							  : CALL_CALLER;

	if (side == CALL_UNKNOWN || (server && side != served))
		return CALL_CALLER;
	if (!server)
		return side;
	return l == with_server ? CALL_CALLEE : CALL_UNKNOWN;
}

/* The first leg that has the server's side apart. */
static guint with_server(const together *t)
{
	for (guint i = 0; i < t->legs->len; i++) {
		const GArray *sounds = leg_at(t, i)->sounds;

		if (sounds->len && g_array_index(sounds, leg_sound, 0).side[0]
					   != CALL_UNKNOWN)
			return i;
	}
	return t->legs->len;
}

static void add_source(together *t, guint l, const leg_sound *sound,
		       const char *server)
{
	const guint whose = with_server(t);
	source s = {.sound = *sound, .leg = l,
		    .stream = 2 * t->sources->len,
		    .side = {CALL_UNKNOWN, CALL_UNKNOWN}};

	for (int c = 0; c < sound->info.channels; c++)
		s.side[c] = side_of(t, sound->side[c], l, server, whose);
	g_array_append_val(t->sources, s);
}

static void add_sources(together *t)
{
	const char *server = server_of(t);

	t->served = server != NULL;
	for (guint i = 0; i < t->legs->len; i++) {
		const GArray *sounds = leg_at(t, i)->sounds;

		for (guint k = 0; k < sounds->len; k++)
			add_source(t, i, &g_array_index(sounds, leg_sound, k),
				   server);
	}
}

/* ---- made and freed ---- */

static void clear_leg(void *l)
{
	leg_clear(l);
}

static bool add_leg(together *t, const conf *c, const cat_entry *call,
		    GError **err)
{
	g_autofree char *name = g_strdup_printf("leg-%u", t->legs->len);
	g_autofree char *dir = g_build_filename(t->dir, name, NULL);
	leg l;
	bool ok;

	if (g_mkdir(dir, 0700) != 0) {
		g_set_error(err, MIX_ERROR, MIX_ERROR_OPEN,
			    "%s: cannot be made", dir);
		return false;
	}
	ok = leg_open(&l, c, call, dir, err);
	g_array_append_val(t->legs, l);
	return ok;
}

together *together_new(const conf *c, const GPtrArray *calls, const char *dir,
		       GError **err)
{
	g_autoptr(together) t = g_new0(together, 1);

	t->dir = g_strdup(dir);
	t->legs = g_array_new(FALSE, TRUE, sizeof(leg));
	g_array_set_clear_func(t->legs, clear_leg);
	t->offsets = g_array_new(FALSE, TRUE, sizeof(int64_t));
	t->sources = g_array_new(FALSE, TRUE, sizeof(source));
	t->voices = g_array_new(FALSE, TRUE, sizeof(together_voice));
	for (guint i = 0; i < calls->len; i++)
		if (!add_leg(t, c, g_ptr_array_index(calls, i), err))
			return NULL;
	place_all(t);
	add_sources(t);
	if (t->sources->len)
		return g_steal_pointer(&t);
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
		    "there is no sound of any of these calls");
	return NULL;
}

void together_free(together *t)
{
	if (!t)
		return;
	g_array_unref(t->legs);
	g_array_unref(t->offsets);
	g_array_unref(t->sources);
	g_array_unref(t->voices);
	mix_totals_clear(&t->totals);
	g_free(t->dir);
	g_free(t);
}

/* ---- mixing ---- */

static uint32_t top_rate(const together *t)
{
	int top = 8000;

	for (guint i = 0; i < t->sources->len; i++)
		top = MAX(top, source_at(t, i)->sound.info.samplerate);
	return (uint32_t)top;
}

static bool is_silent(const int16_t *pcm, size_t frames)
{
	for (size_t i = 0; i < frames; i++)
		if (pcm[i])
			return false;
	return true;
}

/* Nobody is a speaker before he is heard. */
static void hand_over(mix_call *m, source *s, int64_t offset, int channel,
		      const int16_t *all, size_t frames)
{
	const SF_INFO *info = &s->sound.info;
	int16_t one[CHUNK];
	pcm_block b = {
		.stream = s->stream + (uint32_t)channel,
		.ssrc = s->stream + (uint32_t)channel + 1,
		.side = s->side[channel],
		.kind = PCM_DECODED,
		.channels = 1,
		.follows = s->heard[channel],
		.rate = (uint32_t)info->samplerate,
		.clock = (uint32_t)info->samplerate,
		.ts = s->frames,
		/* A packet arrives after all of it was said. */
		.arrival = {offset + (s->frames + (int64_t)frames) *
					     CLK_NS_PER_S / info->samplerate},
		.pcm = one,
		.frames = frames,
	};

	if (b.side == CALL_UNKNOWN)
		return;
	for (size_t i = 0; i < frames; i++)
		one[i] = all[i * (size_t)info->channels + (size_t)channel];
	if (!s->heard[channel] && is_silent(one, frames))
		return;
	s->heard[channel] = true;
	mix_call_block(m, &b);
}

/* All of it from before `now`. */
static void play(source *s, int64_t offset, mix_call *m, int64_t now)
{
	const SF_INFO *info = &s->sound.info;
	const sf_count_t step = info->samplerate / STEPS_PER_S;
	int16_t all[2 * CHUNK];

	while (offset + s->frames * CLK_NS_PER_S / info->samplerate < now) {
		const sf_count_t n = sf_readf_short(s->sound.file, all, step);

		if (n <= 0)
			return;
		for (int channel = 0; channel < info->channels; channel++)
			hand_over(m, s, offset, channel, all, (size_t)n);
		s->frames += n;
	}
}

static int64_t length_of(const together *t)
{
	int64_t end = 0;

	for (guint i = 0; i < t->sources->len; i++) {
		const source *s = source_at(t, i);

		end = MAX(end, offset_at(t, s->leg) +
				       s->sound.info.frames * CLK_NS_PER_S /
					       s->sound.info.samplerate);
	}
	return end;
}

static bool play_all(together *t, mix_call *m, GError **err)
{
	const int64_t step = CLK_NS_PER_S / STEPS_PER_S * EVERY;
	const int64_t end = length_of(t);

	mix_call_begin(m, (clk_mono){0});
	for (int64_t now = step; now < end + step; now += step) {
		for (guint i = 0; i < t->sources->len; i++) {
			source *s = source_at(t, i);

			play(s, offset_at(t, s->leg), m, now);
		}
		if (!mix_call_advance(m, (clk_mono){now}, err))
			return false;
	}
	return mix_call_finish(m, (clk_mono){end}, &t->totals, err);
}

static unsigned speaker_of(const mix_totals *t, uint32_t stream)
{
	for (guint i = 0; i < t->speakers->len; i++) {
		const mix_speaker *s = &g_array_index(t->speakers, mix_speaker,
						      i);

		if (s->stream == stream)
			return s->number;
	}
	return 0;
}

static void tell_voice(together *t, const source *s, int channel)
{
	const cat_entry *call = leg_at(t, s->leg)->call;
	const uint8_t side = s->sound.side[channel];
	const together_voice v = {
		.call = call->name,
		.who = side == CALL_CALLEE ? call->callee : call->caller,
		.also = side == CALL_UNKNOWN ? call->callee : NULL,
		.offset = offset_at(t, s->leg),
		.side = s->side[channel],
		.speaker = speaker_of(&t->totals,
				      s->stream + (uint32_t)channel),
	};

	if (v.side != CALL_UNKNOWN)
		g_array_append_val(t->voices, v);
}

static void tell_voices(together *t)
{
	for (guint i = 0; i < t->sources->len; i++) {
		const source *s = source_at(t, i);

		for (int c = 0; c < s->sound.info.channels; c++)
			tell_voice(t, s, c);
	}
}

static bool any_mono(const GArray *outputs)
{
	for (guint i = 0; i < outputs->len; i++)
		if (g_array_index(outputs, mix_output, i).layout == MIX_MONO)
			return true;
	return false;
}

/* In one channel each voice would be heard twice. */
static void leave_server_out(together *t)
{
	for (guint i = 0; i < t->sources->len; i++)
		for (unsigned channel = 0; channel < 2; channel++)
			if (source_at(t, i)->side[channel] == CALL_CALLEE)
				source_at(t, i)->side[channel] = CALL_UNKNOWN;
}

bool together_make(together *t, const GArray *outputs, GError **err)
{
	const mix_plan plan = {
		.dir = t->dir,
		.name = "together",
		.outputs = (const mix_output *)(void *)outputs->data,
		.n_outputs = outputs->len,
		.rate = top_rate(t),
	};
	g_autoptr(mix_call) m = mix_call_new(&plan, err);

	if (t->served && any_mono(outputs))
		leave_server_out(t);
	if (!m || !play_all(t, m, err))
		return false;
	tell_voices(t);
	return true;
}

/* ---- what came of it ---- */

const mix_totals *together_totals(const together *t)
{
	return &t->totals;
}

clk_wall together_begin(const together *t)
{
	return first_begin(t);
}

guint together_legs(const together *t)
{
	return t->legs->len;
}

together_leg together_leg_at(const together *t, guint i)
{
	const leg *l = leg_at(t, i);

	return (together_leg){
		.call = l->call->name,
		.from = !l->sounds->len ? "nothing"
			: l->why	? "recording"
					: "journal",
		.why = l->why,
		.offset = offset_at(t, i),
	};
}

guint together_voices(const together *t)
{
	return t->voices->len;
}

together_voice together_voice_at(const together *t, guint i)
{
	return g_array_index(t->voices, together_voice, i);
}
