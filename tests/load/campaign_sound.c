/* campaign_sound.c - the files against their journals, and against what was
 * sent. */
#include <spandsp.h>
#include <stdio.h>
#include <string.h>

#include "tests/load/campaign.h"

enum {
	CHANNELS = 2,
	NEAR = 8 * 400,	/* samples to each side of where a packet is due: so
			 * much may the sender be late */
	FADED = LOAD_PAYLOAD / 2,	/* where sound begins or comes back */
};

typedef int16_t packet[LOAD_PAYLOAD];

typedef struct sound {
	char *bytes;
	const int16_t *pcm;	/* in turns: left, right */
	size_t frames;
} sound;

static uint32_t u32_at(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return GUINT32_FROM_LE(v);
}

/* The chunk that has the samples; its octets begin at even places. */
static bool read_wav(const char *path, sound *out)
{
	gsize n, at = 12;

	*out = (sound){0};
	if (!g_file_get_contents(path, &out->bytes, &n, NULL))
		return false;
	while (at + 8 <= n) {
		const char *c = out->bytes + at;
		const gsize size = u32_at(c + 4);

		if (!memcmp(c, "data", 4) && at + 8 + size <= n) {
			out->pcm = (const int16_t *)(const void *)(c + 8);
			out->frames = size / sizeof(int16_t) / CHANNELS;
			return true;
		}
		at += 8 + size + size % 2;
	}
	return false;
}

/* As mu-law brings it to the other end. */
static void expect(call_side side, unsigned i, packet to)
{
	load_voice(side, i, to);
	for (unsigned k = 0; k < LOAD_PAYLOAD; k++)
		to[k] = ulaw_to_linear(linear_to_ulaw(to[k]));
}

static bool is_at(const sound *s, int side, int64_t at, unsigned from,
		  const packet want)
{
	if (at + from < 0 || at + LOAD_PAYLOAD > (int64_t)s->frames)
		return false;
	for (unsigned k = from; k < LOAD_PAYLOAD; k++)
		if (s->pcm[(at + k) * CHANNELS + side] != want[k])
			return false;
	return true;
}

/* But for its first `from` samples it is somewhere between `*at - most` and
 * `*at + most`: becomes *at. */
static bool find(const sound *s, int side, int64_t most, unsigned from,
		 const packet want, int64_t *at)
{
	const int64_t due = *at;

	for (int64_t off = 0; off <= most; off++) {
		*at = due + off;
		if (is_at(s, side, *at, from, want))
			return true;
		*at = due - off;
		if (is_at(s, side, *at, from, want))
			return true;
	}
	*at = due;
	return false;
}

/* Packets that were sent and are not in the file. */
static unsigned missing_of(const campaign_call *c, const sound *s, int side)
{
	int64_t due = 0, most = (int64_t)s->frames;
	unsigned missing = 0;

	for (unsigned i = 0; i < CAMPAIGN_PACKETS; i++, due += LOAD_PAYLOAD) {
		const bool goes_on = i && c->on_wire[side][i - 1];
		packet want;

		if (!c->on_wire[side][i])
			continue;
		expect((call_side)side, i, want);
		if (find(s, side, most, goes_on ? 0 : FADED, want, &due))
			most = NEAR;
		else
			missing++;
	}
	return missing;
}

static char *file_of(const cat_entry *e)
{
	g_autofree char *stem = g_strndup(e->sidecar, strlen(e->sidecar) -
						      strlen(".json"));

	return g_strconcat(stem, ".wav", NULL);
}

static char *digest(const char *path)
{
	g_autofree char *bytes = NULL;
	gsize n;

	if (!g_file_get_contents(path, &bytes, &n, NULL))
		return NULL;
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256,
					   (const guchar *)bytes, n);
}

/* Of the files that the journals give. A replay names them otherwise, but each
 * tells of its call. */
static GHashTable *digests(const char *dir)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						NULL);
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		g_hash_table_add(all, digest(path));
	}
	return all;
}

/* All journals of the spool once more. */
static GHashTable *make_again(const campaign *p)
{
	g_autofree char *spool = load_rig_path(&p->rig, "spool");
	g_autofree char *key = load_rig_path(&p->rig, "recorder.key");
	g_autofree char *out = load_rig_path(&p->rig, "again");
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) d = g_dir_open(spool, 0, NULL);
	const char *const fixed[] = {p->rig.program, "replay", "--key", key,
				     "--out", out, "--format", "wav"};
	const char *name;

	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(argv, g_strdup(fixed[i]));
	while (d && (name = g_dir_read_name(d))) {
		if (*name == '.')
			continue;
		g_ptr_array_add(argv, g_strdup("--journal"));
		g_ptr_array_add(argv, g_build_filename(spool, name, NULL));
	}
	g_ptr_array_add(argv, NULL);
	/* Its status tells of calls that cannot be whole as well. */
	g_spawn_sync(NULL, (char **)argv->pdata, NULL,
		     G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
		     NULL, NULL, NULL, NULL, NULL, NULL);
	return digests(out);
}

/* A call whose every packet has to be there. */
static bool is_due(const campaign *p, const campaign_call *c,
		   const cat_entry *e)
{
	return e->outcome == CAT_RECORDED ||
	       (!p->deaths && campaign_heard(c) && !c->late);
}

static const char *flaw(const campaign *p, unsigned n, const cat_entry *e,
			GHashTable *again, unsigned missing[2])
{
	const campaign_call *c = &p->call[n];
	g_autofree char *path = file_of(e);
	g_autofree char *sum = digest(path);
	sound s = {0};

	if (!sum)
		return is_due(p, c, e) ? "there is no file" : NULL;
	if (!g_hash_table_contains(again, sum))
		return "its journal gives another file";
	if (!is_due(p, c, e))
		return NULL;
	if (read_wav(path, &s))
		for (int side = 0; side < CHANNELS; side++)
			missing[side] = missing_of(c, &s, side);
	g_free(s.bytes);
	if (!s.pcm)
		return "the file cannot be read";
	return missing[0] + missing[1] ? "packets are not in the file" : NULL;
}

void campaign_sound(campaign *p)
{
	g_autofree char *path = load_rig_path(&p->rig, "catalog/catalog.db");
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_db) db = cat_open(path, &err);
	g_autoptr(GHashTable) again = make_again(p);
	unsigned flaws = 0;

	if (!db)
		load_die("%s", err->message);
	for (unsigned n = 0; n < p->calls; n++) {
		const campaign_call *c = &p->call[n];
		g_autoptr(cat_entry) e = load_yard_row(db, n);
		unsigned missing[2] = {0};
		const char *what = e && e->sidecar
			? flaw(p, n, e, again, missing) : NULL;

		if (!what)
			continue;
		flaws++;
		printf("# call %u (%s%s%s%s, %s), %s: %s (%u and %u packets)\n",
		       n, campaign_kind_name(c->kind),
		       c->excused ? ", excused" : "", c->cut ? ", cut" : "",
		       c->late ? ", late" : "", e->name,
		       cat_outcome_name(e->outcome), what, missing[0],
		       missing[1]);
	}
	load_score_say(&p->score, flaws == 0,
		       "every file is what its journal gives, and has every "
		       "packet");
}
