#include "core/conf.h"

#include <string.h>

#include "core/span.h"

G_DEFINE_QUARK(conf_error, conf_error)

#define TEXT(id, g, k, d, h) [id] = {g, k, CONF_TEXT, d, 0, 0, NULL, h}
#define LIST(id, g, k, d, h) [id] = {g, k, CONF_LIST, d, 0, 0, NULL, h}
#define BOOL(id, g, k, d, h) [id] = {g, k, CONF_BOOL, d, 0, 0, NULL, h}
#define NUMBER(id, g, k, d, lo, hi, h) \
	[id] = {g, k, CONF_NUMBER, d, lo, hi, NULL, h}
#define CHOICE(id, g, k, d, c, h) [id] = {g, k, CONF_CHOICE, d, 0, 0, c, h}

static const conf_key table[CONF_KEYS] = {
	TEXT(CONF_SPOOL, "edgetape", "spool", "/var/lib/edgetape/spool",
	     "directory of the call journals"),
	TEXT(CONF_RECORDINGS, "edgetape", "recordings",
	     "/var/lib/edgetape/recordings", "directory of the recordings"),
	TEXT(CONF_CATALOG, "edgetape", "catalog",
	     "/var/lib/edgetape/catalog/catalog.db",
	     "database of users, rules, calls and the audit log"),
	TEXT(CONF_RUN, "edgetape", "run", "/run/edgetape",
	     "directory of the sockets between the roles"),
	TEXT(CONF_PUBLIC_KEY, "edgetape", "public-key",
	     "/etc/edgetape/recorder.pub",
	     "X25519 key in PEM that media keys are sealed to"),
	TEXT(CONF_PRIVATE_KEY, "edgetape", "private-key",
	     "/etc/edgetape/recorder.key",
	     "its private half; only render reads it"),
	TEXT(CONF_SIGNING_KEY, "edgetape", "signing-key", NULL,
	     "Ed25519 key in PEM that exports are signed with"),
	TEXT(CONF_USER, "edgetape", "user", NULL,
	     "user to become after start when started as root"),
	TEXT(CONF_TAP_LISTEN, "tap", "listen", "127.0.0.1:5070",
	     "address and port for the Front Ends"),
	TEXT(CONF_TAP_CERTIFICATE, "tap", "certificate", NULL,
	     "our certificate chain in PEM"),
	TEXT(CONF_TAP_KEY, "tap", "key", NULL, "its private key in PEM"),
	TEXT(CONF_TAP_CA, "tap", "ca", NULL,
	     "PEM with the CAs that may sign a Front End's certificate"),
	TEXT(CONF_TAP_CRL, "tap", "crl", NULL, "PEM with revoked certificates"),
	LIST(CONF_TAP_PEERS, "tap", "peers", "",
	     "subject alternative names that may connect; empty: none"),
	NUMBER(CONF_TAP_DEADLINE, "tap", "deadline", "150", 10, 5000,
	       "milliseconds after which a message passes unchanged"),
	CHOICE(CONF_TAP_LATE, "tap", "when-late", "allow", "allow|refuse",
	       "an INVITE of a call to be recorded after the deadline, where "
	       "no rule of the catalog says"),
	TEXT(CONF_TAP_PLAIN_TCP, "tap", "plain-tcp", NULL,
	     "address and port for HEP3 copies in clear; media keys too are "
	     "in clear there"),
	TEXT(CONF_TAP_PLAIN_UDP, "tap", "plain-udp", NULL,
	     "the same for datagrams"),
	TEXT(CONF_TAP_PLAIN_KEY, "tap", "plain-key", NULL,
	     "authentication key that HEP3 frames in clear must carry"),
	NUMBER(CONF_TAP_LOST_CALL, "tap", "lost-call-timeout", "14400", 60,
	       604800, "seconds without a message that end a call"),
	LIST(CONF_RULES_RECORD, "rules", "record", "",
	     "whose calls are recorded: URIs, sip:*@domain, tel:+prefix*"),
	LIST(CONF_RULES_MEDIA, "rules", "media", "audio",
	     "kinds of stream to record: audio, video"),
	CHOICE(CONF_RULES_IMPOSSIBLE, "rules", "when-impossible", "allow",
	       "allow|refuse", "a call that has to be recorded and cannot be"),
	NUMBER(CONF_RULES_STATUS, "rules", "refuse-status", "488", 400, 699,
	       "SIP status of a refused call"),
	NUMBER(CONF_RULES_PAUSE, "rules", "longest-pause", "0", 0, 86400,
	       "seconds after which a pause ends by itself; 0: never"),
	NUMBER(CONF_RULES_KEEP, "rules", "keep", "0", 0, 36600,
	       "days that calls which record names are kept; 0: for ever"),
	LIST(CONF_RULES_KEYS, "rules", "keypad", "",
	     "codes that a recorded user may press: pause=*7;resume=*8"),
	TEXT(CONF_RULES_HEADER, "rules", "record-header", "record",
	     "SIP header that asks: source, destination or disabled"),
	LIST(CONF_RULES_HEADER_FROM, "rules", "record-header-from", "",
	     "Front Ends whose header is obeyed; empty: none"),
	CHOICE(CONF_REWRITE_METHOD, "rewrite", "method", "port",
	       "port|port+address|remove",
	       "how candidates that are not relays are put out of use"),
	LIST(CONF_REWRITE_METHODS, "rewrite", "methods", "",
	     "Front Ends with a method of their own: name=method"),
	NUMBER(CONF_REWRITE_PORT, "rewrite", "port", "9", 1, 65535,
	       "the invalid port; 0 makes some clients drop the call"),
	TEXT(CONF_REWRITE_ADDRESS, "rewrite", "address", "192.0.2.1",
	     "the unusable address of method port+address"),
	LIST(CONF_REWRITE_EDGES, "rewrite", "edges", "",
	     "addresses of the A/V Edges, public and private"),
	CHOICE(CONF_REWRITE_DRAFT06, "rewrite", "draft-06", "judge",
	       "judge|refuse|leave",
	       "candidate lines without a type, for clients of 2007"),
	NUMBER(CONF_REWRITE_DRAFT06_Q, "rewrite", "draft-06-relay-below", "500",
	       0, 1000,
	       "thousandths of the q-value below which such a line is a relay "
	       "when nothing else tells"),
	BOOL(CONF_REWRITE_CODECS, "rewrite", "drop-undecodable", "true",
	     "drop payload types that cannot be decoded if one that can stays"),
	BOOL(CONF_REWRITE_CRYPTOSCALE, "rewrite", "drop-cryptoscale", "false",
	     "drop a=cryptoscale, so that conference servers use plain SRTP"),
	BOOL(CONF_REWRITE_BYPASS, "rewrite", "drop-bypassid", "false",
	     "drop a=x-bypassid, so that media does not bypass the Mediation "
	     "Server"),
	BOOL(CONF_REWRITE_ANSWERS, "rewrite", "force-answers", "true",
	     "rewrite the answer to an offer that had no relay candidate, too"),
	LIST(CONF_CAPTURE_INTERFACES, "capture", "interfaces", "any",
	     "network interfaces to capture on"),
	TEXT(CONF_CAPTURE_FILTER, "capture", "filter", "",
	     "pcap filter; empty: one made from the other settings"),
	LIST(CONF_CAPTURE_RELAY_PORTS, "capture", "relay-ports", "3478;443",
	     "ports on which the relay serves its clients"),
	LIST(CONF_CAPTURE_NAT, "capture", "nat", "",
	     "public=private address pairs of relays behind NAT"),
	NUMBER(CONF_CAPTURE_PREROLL, "capture", "pre-roll", "10", 0, 60,
	       "seconds of unclaimed relayed media kept in memory"),
	NUMBER(CONF_CAPTURE_PREROLL_BYTES, "capture", "pre-roll-mib", "64", 1,
	       4096, "at most this much of it, in MiB"),
	NUMBER(CONF_CAPTURE_RING, "capture", "ring-mib", "64", 1, 4096,
	       "kernel ring for packets, in MiB for each interface"),
	CHOICE(CONF_CAPTURE_BACKEND, "capture", "backend", "ring", "ring|pcap",
	       "ring: what the kernel holds survives a crash; or libpcap"),
	CHOICE(CONF_CAPTURE_ORPHANS, "capture", "orphans", "tell", "tell|keep",
	       "media that no call claims: told of, or kept as well"),
	NUMBER(CONF_CAPTURE_SYNC, "capture", "sync-interval", "250", 50, 1000,
	       "milliseconds of media that a power cut may lose"),
	LIST(CONF_RENDER_FORMATS, "render", "formats", "wav",
	     "files to make of each call: wav, mp3/vbr, opus/24k/celt"),
	CHOICE(CONF_RENDER_LAYOUT, "render", "layout", "stereo",
	       "stereo|mono|separate",
	       "caller left and callee right, mixed, or a file a speaker"),
	NUMBER(CONF_RENDER_RATE, "render", "rate", "0", 0, 48000,
	       "samples a second of the files; 0: the highest carried"),
	TEXT(CONF_RENDER_NAME, "render", "name",
	     "{date}-{time}_{caller}_{callee}",
	     "pattern of the files' names below the recordings directory"),
	CHOICE(CONF_RENDER_SRTP, "render", "srtp", "own", "own|libsrtp",
	       "which implementation decrypts"),
	LIST(CONF_RENDER_PLUGINS, "render", "codec-plugins", "",
	     "shared objects with further decoders"),
	NUMBER(CONF_RENDER_WORKERS, "render", "workers", "0", 0, 64,
	       "processes that render; 0: one a processor"),
	NUMBER(CONF_RENDER_GRACE, "render", "grace", "200", 50, 60000,
	       "milliseconds without media after a call's end that end its "
	       "recording"),
	BOOL(CONF_RENDER_PICTURE, "render", "picture", "false",
	     "a PNG of the waveform beside each recording"),
	BOOL(CONF_RENDER_SPECTROGRAM, "render", "spectrogram", "false",
	     "a PNG of what frequencies were heard beside each recording"),
	BOOL(CONF_RENDER_SILENCE_HOLD, "render", "silence-hold", "false",
	     "silence from the first hold or transfer to its end"),
	BOOL(CONF_RENDER_SILENCE_DTMF, "render", "silence-dtmf", "false",
	     "silence for keys that are pressed; no digit is told"),
	BOOL(CONF_RENDER_DTMF_TONES, "render", "dtmf-tones", "false",
	     "the tones of keys that came as events only"),
	BOOL(CONF_RENDER_LEVEL, "render", "even-level", "false",
	     "bring each party to the same loudness"),
	BOOL(CONF_RENDER_EARLY, "render", "early-media", "false",
	     "begin with the first media, before the answer"),
	LIST(CONF_RENDER_TAGS, "render", "tags", "date;parties;call-id",
	     "what the files tell: date, parties, call-id"),
	CHOICE(CONF_RENDER_VIDEO, "render", "video", "mp4", "mp4|mkv|none",
	       "files for the H.264 of recorded video streams"),
	LIST(CONF_KEEP_MARKS, "keep", "disk-marks", "80;90;95;97",
	     "percent full at which: an alarm; no exports; calls that must be "
	     "recorded are refused; journals only"),
	NUMBER(CONF_KEEP_ORPHANS, "keep", "orphans", "30", 0, 36600,
	       "days that media which no call claims is kept; 0: for ever"),
	TEXT(CONF_ALARMS_HOOK, "alarms", "hook", NULL,
	     "program that is told of each alarm; no shell, no arguments"),
};

struct conf {
	char *text[CONF_KEYS];
	char **list[CONF_KEYS];
	uint32_t number[CONF_KEYS];	/* numbers, booleans, choices */
};

const conf_key *conf_table(void)
{
	return table;
}

/* Levenshtein distance; short words only. */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(b);
	unsigned row[64];

	if (n >= G_N_ELEMENTS(row))
		return UINT_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (; *a; a++) {
		unsigned diag = row[0]++;

		for (size_t j = 1; j <= n; j++) {
			unsigned sub = diag + (*a != b[j - 1]);

			diag = row[j];
			row[j] = MIN(sub, MIN(row[j - 1], diag) + 1);
		}
	}
	return row[n];
}

static const conf_key *nearest(const char *group, const char *key)
{
	const conf_key *best = NULL;
	unsigned least = UINT_MAX;

	for (size_t i = 0; i < CONF_KEYS; i++) {
		unsigned d = distance(key, table[i].key);

		if (d == UINT_MAX)
			continue;
		d = 2 * d + (strcmp(group, table[i].group) != 0);
		if (d < least) {
			least = d;
			best = &table[i];
		}
	}
	return best;
}

static conf_id find(const char *group, const char *key)
{
	for (unsigned i = 0; i < CONF_KEYS; i++)
		if (!strcmp(group, table[i].group) &&
		    !strcmp(key, table[i].key))
			return i;
	return CONF_KEYS;
}

static bool parse_number(const conf_key *k, const char *v, uint32_t *out)
{
	uint64_t n;

	if (!span_number(span_str(v), UINT32_MAX, &n) || n < k->lo ||
	    n > k->hi)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool parse_bool(const char *v, uint32_t *out)
{
	*out = !strcmp(v, "true");
	return *out || !strcmp(v, "false");
}

static bool parse_choice(const conf_key *k, const char *v, uint32_t *out)
{
	g_auto(GStrv) all = g_strsplit(k->choices, "|", -1);

	for (*out = 0; all[*out]; (*out)++)
		if (!strcmp(all[*out], v))
			return true;
	return false;
}

static char **parse_list(const char *v)
{
	g_auto(GStrv) raw = g_strsplit(v, ";", -1);
	GPtrArray *a = g_ptr_array_new();

	for (char **p = raw; *p; p++)
		if (*g_strstrip(*p))
			g_ptr_array_add(a, g_strdup(*p));
	g_ptr_array_add(a, NULL);
	return (char **)g_ptr_array_free(a, FALSE);
}

/* NULL when right, else what would have been; free with g_free(). */
static char *set(conf *c, conf_id id, const char *v)
{
	const conf_key *k = &table[id];
	uint32_t *n = &c->number[id];

	switch (k->type) {
	case CONF_TEXT:
		break;
	case CONF_LIST:
		g_strfreev(c->list[id]);
		c->list[id] = parse_list(v);
		break;
	case CONF_NUMBER:
		if (!parse_number(k, v, n))
			return g_strdup_printf("a number from %u to %u: %s",
					       k->lo, k->hi, k->help);
		break;
	case CONF_BOOL:
		if (!parse_bool(v, n))
			return g_strdup("true or false");
		break;
	case CONF_CHOICE:
		if (!parse_choice(k, v, n))
			return g_strdup_printf("one of %s", k->choices);
		break;
	}
	g_free(c->text[id]);
	c->text[id] = g_strdup(v);
	return NULL;
}

G_GNUC_PRINTF(2, 3)
static void complain(GPtrArray *errors, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_ptr_array_add(errors, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}

static void take_key(conf *c, GKeyFile *f, const char *name, const char *group,
		     const char *key, GPtrArray *errors)
{
	g_autofree char *v = g_key_file_get_value(f, group, key, NULL);
	g_autofree char *want = NULL;
	conf_id id = find(group, key);

	if (id == CONF_KEYS) {
		const conf_key *n = nearest(group, key);

		complain(errors,
			 "%s: [%s] %s: unknown key; the nearest is [%s] %s",
			 name, group, key, n->group, n->key);
		return;
	}
	want = set(c, id, g_strstrip(v));
	if (want)
		complain(errors, "%s: [%s] %s: \"%s\" is not %s", name, group,
			 key, v, want);
}

static void take_file(conf *c, GKeyFile *f, const char *name,
		      GPtrArray *errors)
{
	g_auto(GStrv) groups = g_key_file_get_groups(f, NULL);

	for (char **g = groups; *g; g++) {
		g_auto(GStrv) keys = g_key_file_get_keys(f, *g, NULL, NULL);

		for (char **k = keys; keys && *k; k++)
			take_key(c, f, name, *g, *k, errors);
	}
}

conf *conf_default(void)
{
	conf *c = g_new0(conf, 1);

	for (unsigned i = 0; i < CONF_KEYS; i++) {
		g_autofree char *bad = NULL;

		if (table[i].deflt)
			bad = set(c, i, table[i].deflt);
		g_assert(!bad);
	}
	return c;
}

void conf_free(conf *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < CONF_KEYS; i++) {
		g_free(c->text[i]);
		g_strfreev(c->list[i]);
	}
	g_free(c);
}

static void take_text(conf *c, const char *text, gsize n, const char *name,
		      GPtrArray *errors)
{
	g_autoptr(GKeyFile) f = g_key_file_new();
	g_autoptr(GError) err = NULL;

	if (g_key_file_load_from_data(f, text, n, G_KEY_FILE_NONE, &err))
		take_file(c, f, name, errors);
	else
		complain(errors, "%s: %s", name, err->message);
}

conf *conf_parse(const char *text, const char *name, GPtrArray *errors)
{
	g_autoptr(conf) c = conf_default();
	guint before = errors->len;

	take_text(c, text, strlen(text), name, errors);
	return errors->len > before ? NULL : g_steal_pointer(&c);
}

static void take_path(conf *c, const char *path, GPtrArray *errors)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *text = NULL;
	gsize n;

	if (g_file_get_contents(path, &text, &n, &err))
		take_text(c, text, n, path, errors);
	else if (g_error_matches(err, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		complain(errors, "%s: there is no such file; "
			 "edgetape.conf(5) tells what it holds", path);
	else
		complain(errors, "%s", err->message);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void take_dropins(conf *c, const char *path, GPtrArray *errors)
{
	g_autofree char *dir = g_strconcat(path, ".d", NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *n;

	while (d && (n = g_dir_read_name(d)))
		if (g_str_has_suffix(n, ".conf"))
			g_ptr_array_add(names, g_build_filename(dir, n, NULL));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		take_path(c, g_ptr_array_index(names, i), errors);
}

conf *conf_try(const char *path, GPtrArray *errors)
{
	conf *c = conf_default();

	take_path(c, path, errors);
	take_dropins(c, path, errors);
	return c;
}

conf *conf_load(const char *path, GPtrArray *errors)
{
	guint before = errors->len;
	g_autoptr(conf) c = conf_try(path, errors);

	return errors->len > before ? NULL : g_steal_pointer(&c);
}

const char *conf_text(const conf *c, conf_id id)
{
	return c->text[id];
}

const char *conf_need(const conf *c, conf_id id, GError **err)
{
	const conf_key *k = &table[id];

	if (c->text[id] && *c->text[id])
		return c->text[id];
	g_set_error(err, CONF_ERROR, CONF_ERROR_VALUE,
		    "[%s] %s is not set: %s", k->group, k->key, k->help);
	return NULL;
}

char **conf_list(const conf *c, conf_id id)
{
	g_assert(table[id].type == CONF_LIST);
	return c->list[id];
}

uint32_t conf_number(const conf *c, conf_id id)
{
	g_assert(table[id].type == CONF_NUMBER);
	return c->number[id];
}

bool conf_bool(const conf *c, conf_id id)
{
	g_assert(table[id].type == CONF_BOOL);
	return c->number[id];
}

unsigned conf_choice(const conf *c, conf_id id)
{
	g_assert(table[id].type == CONF_CHOICE);
	return c->number[id];
}

char *conf_print(const conf *c, bool with_help)
{
	GString *s = g_string_new(NULL);
	const char *group = "";

	for (unsigned i = 0; i < CONF_KEYS; i++) {
		const conf_key *k = &table[i];

		if (strcmp(group, k->group))
			g_string_append_printf(s, "%s[%s]\n",
					       *group ? "\n" : "", k->group);
		group = k->group;
		if (with_help)
			g_string_append_printf(s, "# %s\n", k->help);
		g_string_append_printf(s, "%s%s=%s\n", c->text[i] ? "" : "#",
				       k->key, c->text[i] ? c->text[i] : "");
	}
	return g_string_free(s, FALSE);
}
