/* sidecar.c - what is known about a recording, as JSON. docs/timeline.md and
 * docs/sidecar.md describe the members. The same render gives the same
 * bytes. */
#include "app/render.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/json_out.h"
#include "app/whole_io.h"
#include "catalog/ledger.h"

enum { FIRST_SIZE = 8192 };	/* of most */

static void text(json_out *b, const char *name, const char *value)
{
	json_out_text(b, name, value);
}

static void number(json_out *b, const char *name, int64_t value)
{
	json_out_number(b, name, value);
}

/* Thousandths as whole numbers: they print the same everywhere. */
static void milli(json_out *b, const char *name, double value)
{
	number(b, name, llround(value * 1e3));
}

static void boolean(json_out *b, const char *name, bool value)
{
	json_out_boolean(b, name, value);
}

static void when(json_out *b, const char *name, clk_wall at)
{
	char iso[32];

	clk_wall_iso(at, iso);
	text(b, name, iso);
}

static void object(json_out *b, const char *name)
{
	json_out_begin(b, name, '{');
}

static void end_object(json_out *b)
{
	json_out_end(b, '}');
}

static void array(json_out *b, const char *name)
{
	json_out_begin(b, name, '[');
}

static void end_array(json_out *b)
{
	json_out_end(b, ']');
}

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

static const char *side_name(uint8_t side)
{
	static const char *const names[] = {"caller", "callee", "unknown"};

	return side < G_N_ELEMENTS(names) ? names[side] : "unknown";
}

const char *sidecar_cause(uint8_t cause)
{
	if (cause == RENDER_MEDIA_STOPPED)
		return "media-stopped";
	if (cause == RENDER_CAPTURE_AWAY)
		return "capture-away";
	switch ((dec_cause)cause) {
	case DEC_CAUSE_NONE:
		break;
	case DEC_CAUSE_LOST:
		return "network-loss";
	case DEC_CAUSE_AUTH:
		return "auth-fail";
	case DEC_CAUSE_NO_KEY:
		return "no-key";
	}
	return "unknown";
}

static const char *end_name(uint8_t cause)
{
	switch ((rec_cause)cause) {
	case REC_BYE:
		return "bye";
	case REC_CANCELLED:
		return "cancelled";
	case REC_FAILED:
		return "failed";
	case REC_REFUSED:
		return "refused";
	case REC_TIMEOUT:
		return "timeout";
	case REC_REPLACED:
		return "replaced";
	}
	return "none seen";
}

static int by_key(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All facts, in the order of their names. */
static void put_facts(json_out *b, const story *s)
{
	guint n;
	g_autofree char **keys = (char **)g_hash_table_get_keys_as_array(
			s->facts, &n);

	qsort(keys, n, sizeof(*keys), by_key);
	object(b, "facts");
	for (guint i = 0; i < n; i++)
		text(b, keys[i], story_fact(s, keys[i]));
	end_object(b);
}

static void put_party(json_out *b, const story *s, const char *side)
{
	static const char *const what[] = {"uri", "name", "tel", "epid",
					   "agent"};

	object(b, side);
	for (size_t i = 0; i < G_N_ELEMENTS(what); i++) {
		g_autofree char *fact = g_strconcat(side, ".", what[i], NULL);
		const char *v = story_fact(s, fact);

		if (*v)
			text(b, what[i], v);
	}
	end_object(b);
}

static void put_call(json_out *b, const render_result *r)
{
	const story *s = r->story;

	object(b, "call");
	text(b, "id", s->name);
	text(b, "call_id", s->call_id ? s->call_id : "");
	text(b, "source", s->source ? s->source : "");
	put_party(b, s, "caller");
	put_party(b, s, "callee");
	when(b, "begun", s->begun.wall);
	if (s->has_answer)
		when(b, "answered", s->answered.wall);
	if (s->has_end)
		when(b, "ended", s->ended.wall);
	object(b, "end");
	text(b, "cause", s->has_end ? end_name(s->end_cause) : "none seen");
	text(b, "by", s->has_end ? side_name(s->end_side) : "unknown");
	if (s->end_status)
		number(b, "status", s->end_status);
	end_object(b);
	put_facts(b, s);
	end_object(b);
}

/* Only the catalog distinguishes internal from external. */
static void put_told(json_out *b, const story *s)
{
	g_autoptr(cat_entry) e = cat_entry_new("");

	if (!s->reason || !cat_entry_told(e, span_str(s->reason)))
		return;
	if (e->scope)
		text(b, "scope", e->scope);
	if (e->announce)
		text(b, "announcement", "expected");
}

static void put_decision(json_out *b, const story *s)
{
	object(b, "decision");
	boolean(b, "record", s->record);
	text(b, "rule", s->rule ? s->rule : "");
	text(b, "reason", s->reason ? s->reason : "");
	put_told(b, s);
	end_object(b);
}

static void put_stream(json_out *b, const render_result *r,
		       const dec_stream_totals *t)
{
	g_autofree char *ssrc = g_strdup_printf("%08x", t->ssrc);

	object(b, NULL);
	number(b, "stream", t->stream);
	text(b, "side", side_name(t->side));
	number(b, "media", t->media);
	text(b, "ssrc", ssrc);
	text(b, "codecs", t->codecs);
	boolean(b, "encrypted", t->encrypted);
	text(b, "suite", t->suite);
	milli(b, "first_ms", seconds(t->first.ns - r->begin.mono.ns));
	milli(b, "last_ms", seconds(t->last.ns - r->begin.mono.ns));
	number(b, "packets", (int64_t)t->packets);
	number(b, "lost", (int64_t)t->lost);
	number(b, "late", (int64_t)t->late);
	number(b, "duplicates", (int64_t)t->duplicates);
	number(b, "reordered", (int64_t)t->reordered);
	number(b, "repaired", (int64_t)t->repaired);
	number(b, "undecodable", (int64_t)t->undecodable);
	number(b, "gaps", (int64_t)t->gaps);
	milli(b, "decoded_ms", (double)t->decoded_us / 1e6);
	milli(b, "concealed_ms", (double)t->concealed_us / 1e6);
	milli(b, "comfort_ms", (double)t->comfort_us / 1e6);
	milli(b, "undecodable_ms", (double)t->undecodable_us / 1e6);
	number(b, "jitter_us", t->jitter_us);
	end_object(b);
}

static void put_streams(json_out *b, const render_result *r)
{
	array(b, "streams");
	for (guint i = 0; i < r->streams->len; i++)
		put_stream(b, r,
			   &g_array_index(r->streams, dec_stream_totals, i));
	end_array(b);
	array(b, "undecodable");
	for (guint i = 0; i < r->undecodable->len; i++)
		text(b, NULL, g_ptr_array_index(r->undecodable, i));
	end_array(b);
}

static void put_packets(json_out *b, const render_result *r)
{
	static const char *const names[DEC_FATES] = {
		[DEC_MEDIA] = "media",	     [DEC_CONTROL] = "rtcp",
		[DEC_DUPLICATE] = "duplicate", [DEC_LATE] = "late",
		[DEC_HELD] = "held",	     [DEC_NO_KEY] = "no_key",
		[DEC_AUTH_FAIL] = "auth_fail", [DEC_MALFORMED] = "malformed",
		[DEC_REFUSED] = "refused",
	};

	object(b, "packets");
	number(b, "captured", (int64_t)r->packets);
	for (size_t i = 0; i < DEC_FATES; i++)
		number(b, names[i], (int64_t)r->dec.fate[i]);
	number(b, "lost_by_capture", (int64_t)r->lost_by_us);
	end_object(b);
}

static void put_gaps(json_out *b, const render_result *r)
{
	array(b, "gaps");
	for (guint i = 0; i < r->gaps->len; i++) {
		const render_gap *g = &g_array_index(r->gaps, render_gap, i);

		object(b, NULL);
		text(b, "side", side_name(g->side));
		text(b, "cause", sidecar_cause(g->cause));
		milli(b, "at_ms",
		      seconds(g->at.ns - g->length_ns - r->begin.mono.ns));
		milli(b, "length_ms", seconds(g->length_ns));
		number(b, "packets", (int64_t)g->packets);
		number(b, "repaired", (int64_t)g->repaired);
		end_object(b);
	}
	end_array(b);
}

static void put_capture(json_out *b, const render_result *r)
{
	const rec_tally *t = &r->capture.all;

	object(b, "capture");
	number(b, "stored", (int64_t)t->stored);
	number(b, "late", (int64_t)t->late);
	number(b, "not_recorded", (int64_t)t->not_recorded);
	object(b, "copies");
	for (uint8_t i = 0; i < REC_LEGS; i++)
		number(b, captured_leg_name(i), (int64_t)t->copies[i]);
	end_object(b);
	object(b, "lost");
	for (unsigned i = 1; i < REC_PLACES; i++)
		number(b, captured_place_name(i),
		       (int64_t)r->capture.lost[i]);
	end_object(b);
	object(b, "interval");
	number(b, "frames", (int64_t)t->frames);
	number(b, "unclaimed", (int64_t)t->unclaimed);
	number(b, "malformed", (int64_t)t->malformed);
	number(b, "tcp_gaps", (int64_t)t->tcp_gaps);
	number(b, "fragments_lost", (int64_t)t->fragments_lost);
	end_object(b);
	end_object(b);
}

static void put_paths(json_out *b, const render_result *r)
{
	array(b, "paths");
	for (guint i = 0; i < r->flows->len; i++) {
		const rec_flow *f = &g_array_index(r->flows, rec_flow, i);
		char src[NET_ADDR_TEXT], dst[NET_ADDR_TEXT];

		net_addr_text(&f->src, src);
		net_addr_text(&f->dst, dst);
		object(b, NULL);
		text(b, "from", src);
		text(b, "to", dst);
		text(b, "leg", captured_leg_name(f->leg));
		text(b, "side", side_name(f->side));
		number(b, "packets", (int64_t)f->packets);
		number(b, "stored", (int64_t)f->stored);
		end_object(b);
	}
	end_array(b);
}

static void put_side(json_out *b, const mix_side_totals *s, uint32_t rate,
		     const char *name)
{
	double per_s = rate ? 1.0 / rate : 0;

	object(b, name);
	milli(b, "decoded_ms", (double)s->decoded * per_s);
	milli(b, "concealed_ms", (double)s->concealed * per_s);
	milli(b, "comfort_ms", (double)s->comfort * per_s);
	milli(b, "undecodable_ms", (double)s->undecodable * per_s);
	milli(b, "silent_ms", (double)s->silent * per_s);
	number(b, "late_samples", (int64_t)s->late);
	number(b, "limited_samples", (int64_t)s->clipped);
	milli(b, "peak_permille", s->peak);
	milli(b, "rms_permille", s->rms);
	end_object(b);
}

/* The file's name, of a path or of none. */
static void put_path(json_out *b, const char *name, const char *path)
{
	g_autofree char *base = path ? g_path_get_basename(path) : NULL;

	if (base)
		text(b, name, base);
}

static void put_speakers(json_out *b, const GArray *speakers)
{
	array(b, "speakers");
	for (guint i = 0; speakers && i < speakers->len; i++) {
		const mix_speaker *s = &g_array_index(speakers, mix_speaker, i);
		g_autofree char *csrc = g_strdup_printf("%08x", s->talker);

		object(b, NULL);
		text(b, "side", side_name(s->side));
		number(b, "speaker", s->number);
		number(b, "stream", s->stream);
		if (s->talker)
			text(b, "csrc", csrc);
		end_object(b);
	}
	end_array(b);
}

/* The data of the picture, for programs that draw their own. */
static void put_waveform(json_out *b, const mix_totals *m)
{
	if (!m->peaks[0])
		return;
	object(b, "waveform");
	number(b, "samples", (int64_t)m->stretch);
	for (uint8_t side = 0; side < 2; side++) {
		array(b, side_name(side));
		for (guint i = 0; i < m->peaks[side]->len; i++)
			number(b, NULL, g_array_index(m->peaks[side], uint16_t,
						      i));
		end_array(b);
	}
	end_object(b);
}

/* What was silenced on purpose: a recording made again leaves it out too. */
static void put_silenced(json_out *b, const render_result *r)
{
	if (!r->mute_hold && !r->mute_dtmf)
		return;
	array(b, "silenced");
	if (r->mute_hold)
		text(b, NULL, "hold");
	if (r->mute_dtmf)
		text(b, NULL, "dtmf");
	end_array(b);
}

static void put_recording(json_out *b, const render_result *r)
{
	object(b, "recording");
	when(b, "begin", r->begin.wall);
	when(b, "end", r->end.wall);
	milli(b, "duration_ms", seconds(r->mix.duration));
	number(b, "rate", r->mix.rate);
	put_silenced(b, r);
	put_side(b, &r->mix.side[CALL_CALLER], r->mix.rate, "caller");
	put_side(b, &r->mix.side[CALL_CALLEE], r->mix.rate, "callee");
	array(b, "files");
	for (guint i = 0; r->mix.files && i < r->mix.files->len; i++) {
		const mix_file *f = &g_array_index(r->mix.files, mix_file, i);
		g_autofree char *base = g_path_get_basename(f->path);

		object(b, NULL);
		text(b, "name", base);
		if (f->layout == MIX_CALLER || f->layout == MIX_CALLEE)
			number(b, "speaker", f->speaker);
		number(b, "channels", f->channels);
		number(b, "bytes", (int64_t)f->bytes);
		text(b, "sha256", f->sha256);
		end_object(b);
	}
	end_array(b);
	put_speakers(b, r->mix.speakers);
	put_path(b, "picture", r->mix.picture);
	put_path(b, "spectrogram", r->mix.spectrogram);
	put_waveform(b, &r->mix);
	array(b, "video");
	for (guint i = 0; r->videos && i < r->videos->len; i++) {
		const video_file *f = &g_array_index(r->videos, video_file, i);
		g_autofree char *base = g_path_get_basename(f->path);

		object(b, NULL);
		text(b, "name", base);
		text(b, "side", side_name(f->side));
		number(b, "media", f->media);
		milli(b, "first_ms", seconds(f->first.ns - r->begin.mono.ns));
		number(b, "pictures", (int64_t)f->pictures);
		number(b, "simulcast_left_out", f->others);
		end_object(b);
	}
	end_array(b);
	end_object(b);
}

static void put_timeline(json_out *b, const render_result *r)
{
	array(b, "timeline");
	for (guint i = 0; r->markers && i < r->markers->len; i++) {
		const mix_marker *m = &g_array_index(r->markers, mix_marker, i);

		object(b, NULL);
		text(b, "kind", mix_kind_name(m->kind));
		text(b, "side", m->side < CALL_UNKNOWN ? side_name(m->side)
						       : "both");
		milli(b, "at_ms", seconds(m->at));
		milli(b, "length_ms", seconds(m->length));
		if (*m->text)
			text(b, "text", m->text);
		end_object(b);
	}
	end_array(b);
}

static void put_journal(json_out *b, const render_result *r)
{
	const follow_stats *j = &r->journal;

	object(b, "journal");
	number(b, "files", j->files);
	number(b, "records", (int64_t)j->records);
	number(b, "torn_bytes", (int64_t)j->torn);
	number(b, "unreadable_records", r->story->malformed);
	array(b, "troubles");
	for (guint i = 0; i < j->troubles->len; i++)
		text(b, NULL, g_ptr_array_index(j->troubles, i));
	end_array(b);
	end_object(b);
}

static void print(const render_result *r, json_out *b)
{
	object(b, NULL);
	number(b, "version", 1);
	text(b, "outcome", r->outcome);
	text(b, "why", r->why);
	put_call(b, r);
	put_decision(b, r->story);
	put_recording(b, r);
	put_streams(b, r);
	put_packets(b, r);
	put_gaps(b, r);
	put_capture(b, r);
	put_paths(b, r);
	put_timeline(b, r);
	put_journal(b, r);
	end_object(b);
}

bool sidecar_write(const render_result *r, GError **err)
{
	json_out b = {.to = g_string_sized_new(FIRST_SIZE)};
	bool ok;

	print(r, &b);
	ok = whole_write(r->sidecar, b.to->str, b.to->len, err);
	g_string_free(b.to, TRUE);
	return ok;
}
