#include "app/leg.h"

#include <string.h>

#include "vault/vault.h"

enum { RATE_MOST = 48000 };

/* The better ones first: parties in separate channels, lossless formats. */
typedef enum rank {
	STEREO,
	STEREO_LOSSY,
	APART,		/* a file for each speaker */
	APART_LOSSY,
	MONO,
	MONO_LOSSY,
	RANKS,
} rank;

static void sound_clear(void *p)
{
	leg_sound *s = p;

	sf_close(s->file);
}

void leg_clear(leg *l)
{
	g_clear_pointer(&l->sounds, g_array_unref);
	g_clear_pointer(&l->why, g_free);
}

bool leg_add(leg *l, const char *path, uint8_t side)
{
	leg_sound s = {.side = {side, CALL_UNKNOWN}};

	s.file = sf_open(path, SFM_READ, &s.info);
	if (!s.file)
		return false;
	if (s.info.channels > 2 || s.info.samplerate > RATE_MOST) {
		sf_close(s.file);
		return false;
	}
	if (s.info.channels == 2) {
		s.side[0] = CALL_CALLER;
		s.side[1] = CALL_CALLEE;
	}
	g_array_append_val(l->sounds, s);
	return true;
}

/* ---- its recordings ---- */

static const char *ending_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot : "";
}

static void cut(char *text, const char *end)
{
	if (g_str_has_suffix(text, end))
		text[strlen(text) - strlen(end)] = '\0';
}

/* Of whom is NAME-caller.wav, NAME-callee-2.rf64.ulaw.wav? A name may have dots
 * and hyphens of its own. */
static uint8_t side_of(const char *path)
{
	g_autofree char *base = g_path_get_basename(path);
	char *number;

	cut(base, ending_of(base));
	cut(base, ".ulaw");
	cut(base, ".rf64");
	while ((number = strrchr(base, '-')) != NULL &&
	       number[strspn(number, "-0123456789")] == '\0')
		*number = '\0';
	if (g_str_has_suffix(base, "-caller"))
		return CALL_CALLER;
	return g_str_has_suffix(base, "-callee") ? CALL_CALLEE : CALL_UNKNOWN;
}

static bool is_lossy(const char *path)
{
	return g_str_has_suffix(path, ".ulaw.wav") ||
	       (strcmp(ending_of(path), ".wav") &&
		strcmp(ending_of(path), ".flac"));
}

static rank rank_of(const char *path)
{
	SF_INFO info = {0};
	SNDFILE *f = sf_open(path, SFM_READ, &info);
	rank r = MONO;

	if (!f)
		return RANKS;
	sf_close(f);
	if (info.channels == 2)
		r = STEREO;
	else if (side_of(path) != CALL_UNKNOWN)
		r = APART;
	return r + is_lossy(path);
}

static bool fail(GError **err, const char *of, const char *why)
{
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT, "%s: %s", of, why);
	return false;
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

/* One has both parties, or several each a speaker in one format. */
static bool belongs(const leg *l, const char *first, const char *path, rank r)
{
	if (!l->sounds->len)
		return true;
	return (r == APART || r == APART_LOSSY) &&
	       !strcmp(ending_of(first), ending_of(path));
}

static bool add_ranked(leg *l, const holding *h, rank r, GError **err)
{
	const char *first = NULL;

	for (guint i = 0; i < h->files->len; i++) {
		const holding_file *f = &g_array_index(h->files, holding_file,
						       i);

		if (!f->sha256 || rank_of(f->path) != r ||
		    !belongs(l, first, f->path, r))
			continue;
		if (!is_right(f, err))
			return false;
		if (leg_add(l, f->path, side_of(f->path)) && !first)
			first = f->path;
	}
	return true;
}

static bool from_files(leg *l, const holding *h, GError **err)
{
	for (rank r = STEREO; r < RANKS && !l->sounds->len; r++)
		if (!add_ranked(l, h, r, err))
			return false;
	return l->sounds->len ||
	       fail(err, l->call->name, "none of its recordings can be read");
}

/* ---- both ways ---- */

static bool was_recorded(const holding *h)
{
	for (guint i = 0; i < h->files->len; i++)
		if (g_array_index(h->files, holding_file, i).sha256)
			return true;
	return false;
}

bool leg_open(leg *l, const conf *c, const cat_entry *call, const char *dir,
	      GError **err)
{
	g_autoptr(holding) h = holding_new(c, call);
	g_autoptr(GError) why = NULL;
	ledger_told told;

	*l = (leg){.call = call};
	l->sounds = g_array_new(FALSE, TRUE, sizeof(leg_sound));
	g_array_set_clear_func(l->sounds, sound_clear);
	if (call->expired_ms)
		return fail(err, call->name, "its recording was deleted");
	if (!h->sidecar)
		return fail(err, call->name, "there is no recording of it");
	if (!ledger_told_read(h->sidecar, &told, err))
		return false;
	if (!told.begin_ms)
		return fail(err, call->name,
			    "its sidecar does not tell when it begins");
	l->begin.wall.ns = told.begin_ms * CLK_NS_PER_MS;
	if (!was_recorded(h)) {
		l->why = g_strdup("nothing of it was recorded");
		return true;
	}
	if (leg_from_journal(l, c, h, &told, dir, &why))
		return true;
	l->why = g_strdup(why->message);
	return from_files(l, h, err);
}
