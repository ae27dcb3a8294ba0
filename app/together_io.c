#include "app/together.h"

#include <json-glib/json-glib.h>
#include <sndfile.h>
#include <string.h>

#include "vault/vault.h"

enum {
	STEPS_PER_S = 50,
	CHUNK = 960,		/* frames of a step, at most */
	EVERY = 25,		/* steps between two that write */
};

/* One call. Its channels are the caller and the callee. */
typedef struct leg {
	const cat_entry *call;
	SNDFILE *file;
	SF_INFO info;
	clk_wall begin;
	int64_t offset;		/* ns after the first one's begin */
	uint8_t side[2];	/* where each is heard; CALL_UNKNOWN: not */
	int64_t frames;		/* handed over so far */
} leg;

struct together {
	GArray *legs;		/* of leg */
	GArray *voices;		/* of together_voice */
	clk_wall begin;
	bool served;		/* by a conference server, whose side is heard
				 * of the first leg */
	mix_totals totals;
};

static bool fail(GError **err, const char *call, const char *why)
{
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT, "%s: %s", call, why);
	return false;
}

/* ---- their recordings ---- */

static void leg_clear(void *p)
{
	leg *l = p;

	if (l->file)
		sf_close(l->file);
}

static bool read_begin(leg *l, GError **err)
{
	g_autoptr(JsonParser) p = json_parser_new();
	g_autoptr(GDateTime) t = NULL;
	const char *text = NULL;
	JsonNode *n;

	if (l->call->sidecar &&
	    json_parser_load_from_file(p, l->call->sidecar, NULL)) {
		n = json_parser_get_root(p);
		n = n && JSON_NODE_HOLDS_OBJECT(n)
			    ? json_object_get_member(json_node_get_object(n),
						     "recording")
			    : NULL;
		if (n && JSON_NODE_HOLDS_OBJECT(n))
			text = json_object_get_string_member_with_default(
				json_node_get_object(n), "begin", NULL);
	}
	t = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;
	if (!t)
		return fail(err, l->call->name,
			    "its sidecar does not tell when it begins");
	l->begin.ns = g_date_time_to_unix(t) * CLK_NS_PER_S +
		      g_date_time_get_microsecond(t) * 1000LL;
	return true;
}

static bool is_right(const holding_file *f, GError **err)
{
	char hash[VLT_HASH];

	if (!vlt_hash(f->path, hash, err))
		return false;
	return !strcmp(hash, f->sha256) ||
	       fail(err, f->path, "it is not what was recorded: its SHA-256 "
				  "has changed");
}

/* What loses nothing comes first. */
static bool is_lossless(const char *path)
{
	return g_str_has_suffix(path, ".wav") ||
	       g_str_has_suffix(path, ".flac");
}

static bool open_file(leg *l, const holding *h, bool lossless, GError **err)
{
	for (guint i = 0; i < h->files->len; i++) {
		const holding_file *f = &g_array_index(h->files, holding_file,
						       i);

		if (!f->sha256 || is_lossless(f->path) != lossless)
			continue;
		l->info = (SF_INFO){0};
		l->file = sf_open(f->path, SFM_READ, &l->info);
		if (l->file && l->info.channels == 2 &&
		    l->info.samplerate <= CHUNK * STEPS_PER_S)
			return is_right(f, err);
		g_clear_pointer(&l->file, sf_close);
	}
	return false;
}

static bool open_leg(leg *l, const conf *c, GError **err)
{
	g_autoptr(holding) h = holding_new(c, l->call);
	GError *why = NULL;

	if (l->call->expired_ms)
		return fail(err, l->call->name, "its recording was deleted");
	if (open_file(l, h, true, &why) ||
	    (!why && open_file(l, h, false, &why)))
		return read_begin(l, err);
	if (!why)
		fail(&why, l->call->name, "there is no stereo recording of it");
	g_propagate_error(err, why);
	return false;
}

/* ---- who is heard where ---- */

/* The conference's own address is that of who invited to it, and a party of
 * each call: of the callers, or else of those who are called. */
static bool in_each(const GArray *legs, const char *uri)
{
	for (guint i = 0; i < legs->len; i++) {
		const cat_entry *e = g_array_index(legs, leg, i).call;

		if (g_strcmp0(e->caller, uri) && g_strcmp0(e->callee, uri))
			return false;
	}
	return uri != NULL;
}

static const char *server_of(const GArray *legs)
{
	const cat_entry *first = g_array_index(legs, leg, 0).call;

	for (guint i = 0; i < legs->len; i++) {
		const cat_entry *e = g_array_index(legs, leg, i).call;

		if (!e->conference || !*e->conference ||
		    strcmp(e->conference, first->conference))
			return NULL;
	}
	if (legs->len > 1 && in_each(legs, first->callee))
		return first->callee;
	return legs->len > 1 && in_each(legs, first->caller) ? first->caller
							     : NULL;
}

static void place_leg(leg *l, const char *server, bool first)
{
	unsigned s;

	l->side[CALL_CALLER] = CALL_CALLER;
	l->side[CALL_CALLEE] = CALL_CALLEE;
	if (!server)
		return;
	s = !g_strcmp0(l->call->callee, server) ? CALL_CALLEE : CALL_CALLER;
	l->side[!s] = CALL_CALLER;
	l->side[s] = first ? CALL_CALLEE : CALL_UNKNOWN;
}

static gint by_record(gconstpointer a, gconstpointer b)
{
	const leg *x = a, *y = b;

	return (x->begin.ns > y->begin.ns) - (x->begin.ns < y->begin.ns);
}

static void place_all(together *t)
{
	const char *server;

	g_array_sort(t->legs, by_record);
	server = server_of(t->legs);
	t->begin = g_array_index(t->legs, leg, 0).begin;
	for (guint i = 0; i < t->legs->len; i++) {
		leg *l = &g_array_index(t->legs, leg, i);

		l->offset = l->begin.ns - t->begin.ns;
		place_leg(l, server, i == 0);
	}
	t->served = server != NULL;
}

together *together_new(const conf *c, const GPtrArray *calls, GError **err)
{
	g_autoptr(together) t = g_new0(together, 1);

	t->legs = g_array_new(FALSE, TRUE, sizeof(leg));
	g_array_set_clear_func(t->legs, leg_clear);
	t->voices = g_array_new(FALSE, TRUE, sizeof(together_voice));
	for (guint i = 0; i < calls->len; i++) {
		leg l = {.call = g_ptr_array_index(calls, i)};
		bool ok = open_leg(&l, c, err);

		g_array_append_val(t->legs, l);
		if (!ok)
			return NULL;
	}
	place_all(t);
	return g_steal_pointer(&t);
}

void together_free(together *t)
{
	if (!t)
		return;
	g_array_unref(t->legs);
	g_array_unref(t->voices);
	mix_totals_clear(&t->totals);
	g_free(t);
}

/* ---- mixing ---- */

static uint32_t top_rate(const together *t)
{
	int top = 8000;

	for (guint i = 0; i < t->legs->len; i++)
		top = MAX(top, g_array_index(t->legs, leg, i).info.samplerate);
	return (uint32_t)top;
}

static void hand_over(mix_call *m, const leg *l, guint number, unsigned channel,
		      const int16_t *both, size_t frames)
{
	int16_t one[CHUNK];
	pcm_block b = {
		.stream = 2 * number + channel,
		.ssrc = 2 * number + channel + 1,
		.side = l->side[channel],
		.kind = PCM_DECODED,
		.channels = 1,
		.follows = l->frames > 0,
		.rate = (uint32_t)l->info.samplerate,
		.clock = (uint32_t)l->info.samplerate,
		.ts = l->frames,
		/* A packet comes when all of it was said. */
		.arrival = {l->offset + (l->frames + (int64_t)frames) *
						CLK_NS_PER_S /
						l->info.samplerate},
		.pcm = one,
		.frames = frames,
	};

	if (b.side == CALL_UNKNOWN)
		return;
	for (size_t i = 0; i < frames; i++)
		one[i] = both[2 * i + channel];
	mix_call_block(m, &b);
}

/* All of the leg from before `now`. */
static void play_leg(leg *l, guint number, mix_call *m, int64_t now)
{
	const sf_count_t step = l->info.samplerate / STEPS_PER_S;
	int16_t both[2 * CHUNK];

	while (l->offset + l->frames * CLK_NS_PER_S / l->info.samplerate <
	       now) {
		const sf_count_t n = sf_readf_short(l->file, both, step);

		if (n <= 0)
			return;
		for (unsigned channel = 0; channel < 2; channel++)
			hand_over(m, l, number, channel, both, (size_t)n);
		l->frames += n;
	}
}

static int64_t length_of(const together *t)
{
	int64_t end = 0;

	for (guint i = 0; i < t->legs->len; i++) {
		const leg *l = &g_array_index(t->legs, leg, i);

		end = MAX(end, l->offset + l->info.frames * CLK_NS_PER_S /
						   l->info.samplerate);
	}
	return end;
}

static bool play_all(together *t, mix_call *m, GError **err)
{
	const int64_t step = CLK_NS_PER_S / STEPS_PER_S * EVERY;
	const int64_t end = length_of(t);

	mix_call_begin(m, (clk_mono){0});
	for (int64_t now = step; now < end + step; now += step) {
		for (guint i = 0; i < t->legs->len; i++)
			play_leg(&g_array_index(t->legs, leg, i), i, m, now);
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

static void tell_voices(together *t)
{
	for (guint i = 0; i < t->legs->len; i++) {
		const leg *l = &g_array_index(t->legs, leg, i);

		for (unsigned channel = 0; channel < 2; channel++) {
			const together_voice v = {
				.call = l->call->name,
				.who = channel ? l->call->callee
					       : l->call->caller,
				.offset = l->offset,
				.side = l->side[channel],
				.speaker = speaker_of(&t->totals,
						      2 * i + channel),
			};

			if (v.side != CALL_UNKNOWN)
				g_array_append_val(t->voices, v);
		}
	}
}

/* In one channel each voice would be heard twice. */
static void leave_server_out(together *t, const GArray *outputs)
{
	leg *first = &g_array_index(t->legs, leg, 0);
	bool mono = false;

	for (guint i = 0; i < outputs->len; i++)
		mono = mono || g_array_index(outputs, mix_output, i).layout ==
				       MIX_MONO;
	for (unsigned channel = 0; t->served && mono && channel < 2; channel++)
		if (first->side[channel] == CALL_CALLEE)
			first->side[channel] = CALL_UNKNOWN;
}

bool together_make(together *t, const char *dir, const GArray *outputs,
		   GError **err)
{
	const mix_plan plan = {
		.dir = dir,
		.name = "together",
		.outputs = (const mix_output *)(void *)outputs->data,
		.n_outputs = outputs->len,
		.rate = top_rate(t),
	};
	g_autoptr(mix_call) m = mix_call_new(&plan, err);

	leave_server_out(t, outputs);
	if (!m || !play_all(t, m, err))
		return false;
	tell_voices(t);
	return true;
}

const mix_totals *together_totals(const together *t)
{
	return &t->totals;
}

clk_wall together_begin(const together *t)
{
	return t->begin;
}

guint together_voices(const together *t)
{
	return t->voices->len;
}

together_voice together_voice_at(const together *t, guint i)
{
	return g_array_index(t->voices, together_voice, i);
}
