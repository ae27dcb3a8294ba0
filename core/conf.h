/* conf.h - the configuration. One table of keys drives parsing, printing and
 * the check of the manual page. Pure, but for conf_load() and conf_try(); once
 * read, a conf is only read. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CONF_ERROR (conf_error_quark())
typedef enum conf_error {
	CONF_ERROR_FILE,
	CONF_ERROR_VALUE,
} conf_error;
GQuark conf_error_quark(void);

typedef enum conf_id {
	CONF_SPOOL,
	CONF_RECORDINGS,
	CONF_CATALOG,
	CONF_RUN,
	CONF_PUBLIC_KEY,
	CONF_PRIVATE_KEY,
	CONF_SIGNING_KEY,
	CONF_USER,
	CONF_TAP_LISTEN,
	CONF_TAP_CERTIFICATE,
	CONF_TAP_KEY,
	CONF_TAP_CA,
	CONF_TAP_CRL,
	CONF_TAP_PEERS,
	CONF_TAP_DEADLINE,
	CONF_TAP_LATE,
	CONF_TAP_PLAIN_TCP,
	CONF_TAP_PLAIN_UDP,
	CONF_TAP_PLAIN_KEY,
	CONF_TAP_LOST_CALL,
	CONF_RULES_RECORD,
	CONF_RULES_MEDIA,
	CONF_RULES_IMPOSSIBLE,
	CONF_RULES_STATUS,
	CONF_RULES_PAUSE,
	CONF_RULES_KEEP,
	CONF_RULES_KEYS,
	CONF_RULES_HEADER,
	CONF_RULES_HEADER_FROM,
	CONF_REWRITE_METHOD,
	CONF_REWRITE_METHODS,
	CONF_REWRITE_PORT,
	CONF_REWRITE_ADDRESS,
	CONF_REWRITE_EDGES,
	CONF_REWRITE_DRAFT06,
	CONF_REWRITE_DRAFT06_Q,
	CONF_REWRITE_CODECS,
	CONF_REWRITE_CRYPTOSCALE,
	CONF_REWRITE_BYPASS,
	CONF_REWRITE_ANSWERS,
	CONF_CAPTURE_INTERFACES,
	CONF_CAPTURE_FILTER,
	CONF_CAPTURE_RELAY_PORTS,
	CONF_CAPTURE_NAT,
	CONF_CAPTURE_PREROLL,
	CONF_CAPTURE_PREROLL_BYTES,
	CONF_CAPTURE_RING,
	CONF_CAPTURE_BACKEND,
	CONF_CAPTURE_ORPHANS,
	CONF_CAPTURE_SYNC,
	CONF_RENDER_FORMATS,
	CONF_RENDER_LAYOUT,
	CONF_RENDER_RATE,
	CONF_RENDER_NAME,
	CONF_RENDER_SRTP,
	CONF_RENDER_PLUGINS,
	CONF_RENDER_WORKERS,
	CONF_RENDER_GRACE,
	CONF_RENDER_PICTURE,
	CONF_RENDER_SPECTROGRAM,
	CONF_RENDER_SILENCE_HOLD,
	CONF_RENDER_SILENCE_DTMF,
	CONF_RENDER_DTMF_TONES,
	CONF_RENDER_LEVEL,
	CONF_RENDER_EARLY,
	CONF_RENDER_TAGS,
	CONF_RENDER_VIDEO,
	CONF_KEEP_MARKS,
	CONF_KEEP_ORPHANS,
	CONF_ALARMS_HOOK,
	CONF_KEYS,
} conf_id;

typedef enum conf_type {
	CONF_TEXT,
	CONF_LIST,	/* separated by ';' */
	CONF_NUMBER,
	CONF_BOOL,
	CONF_CHOICE,
} conf_type;

typedef struct conf_key {
	const char *group, *key;
	conf_type type;
	const char *deflt;	/* as written; NULL: none */
	uint32_t lo, hi;	/* of CONF_NUMBER */
	const char *choices;	/* of CONF_CHOICE, separated by '|' */
	const char *help;	/* one line, with the unit */
} conf_key;

typedef struct conf conf;

/* CONF_KEYS rows, by conf_id. */
const conf_key *conf_table(void);

/* Errors go to `errors` (of char *, owned by the array), all of them, each as
 * "file: [group] key: cause". */

/* Reads FILE and then FILE.d/?*.conf in the order of their names; later values
 * replace earlier ones. NULL if there was an error. conf_io.c. */
conf *conf_load(const char *path, GPtrArray *errors);
/* The same, but wrong values keep their default, so that the rest can be
 * checked too. Never NULL. conf_io.c. */
conf *conf_try(const char *path, GPtrArray *errors);
/* Defaults and then `text`, which errors call `name`. NULL on an error. */
conf *conf_parse(const char *text, const char *name, GPtrArray *errors);
/* Adds n octets of text to `c`; wrong values are left out. */
void conf_take(conf *c, const char *text, size_t n, const char *name,
	       GPtrArray *errors);
/* All defaults. */
conf *conf_default(void);
void conf_free(conf *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(conf, conf_free)

/* NULL if not set and without a default. */
const char *conf_text(const conf *c, conf_id id);
/* The same, but sets an error that names the key. */
const char *conf_need(const conf *c, conf_id id, GError **err);
/* NULL-terminated, never NULL; owned by `c`. */
char **conf_list(const conf *c, conf_id id);
uint32_t conf_number(const conf *c, conf_id id);
bool conf_bool(const conf *c, conf_id id);
/* Index of the value in the row's choices. */
unsigned conf_choice(const conf *c, conf_id id);

/* Every key with its value, in a form that conf_parse() reads back to the same.
 * Free with g_free(). */
char *conf_print(const conf *c, bool with_help);
