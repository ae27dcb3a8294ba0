/* rule.h - one rule: text in and out. Pure.
 *
 * A rule is written as words: KEY=VALUE, values with blanks in quotes. See
 * docs/rules.md. The database keeps the same text. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/window.h"
#include "core/span.h"

typedef enum cat_who {
	CAT_WHO_ANY,		/* everybody */
	CAT_WHO_DOMAIN,		/* domain:example.com */
	CAT_WHO_SITE,		/* site:berlin */
	CAT_WHO_GATEWAY,	/* gateway:gw1.example.com */
	CAT_WHO_NUMBERS,	/* number:+4930* or number:+49301-+49309 */
	CAT_WHO_GROUP,		/* group:traders */
	CAT_WHO_CONFERENCE,	/* conference:* or conference:ID */
	CAT_WHO_IDENTITY,	/* sip:alice@x, tel:+49301234 */
	CAT_WHO_USER,		/* user:alice */
} cat_who;			/* in the order of precedence */

typedef enum cat_direction { CAT_DIR_ANY, CAT_DIR_IN, CAT_DIR_OUT }
	cat_direction;

/* The scope of a call; a rule for CAT_EXTERNAL covers all calls that are not
 * internal. */
typedef enum cat_scope {
	CAT_SCOPE_ANY,
	CAT_INTERNAL,
	CAT_EXTERNAL,
	CAT_FEDERATED,
	CAT_PSTN,
} cat_scope;

/* In the order of strength. */
typedef enum cat_mode {
	CAT_NEVER,
	CAT_METADATA,		/* a ledger row, no audio */
	CAT_ON_DEMAND,		/* from the moment somebody asks */
	CAT_BUFFERED,		/* recorded, kept only if somebody asks */
	CAT_ALWAYS,
} cat_mode;

enum { CAT_SPEC_MAX = 1024, CAT_NAME_MAX = 64, CAT_VALUE_MAX = 256,
       CAT_WINDOWS_MAX = 8, CAT_KEEP_DEFAULT = 365 };

typedef struct cat_rule {
	char name[CAT_NAME_MAX];	/* not part of the text */
	int64_t from, to;		/* in force, s UTC; to 0: until ended */
	cat_who who;
	char value[CAT_VALUE_MAX];	/* lower case, without its prefix */
	char last[CAT_NAME_MAX];	/* end of a number range, or "" */
	cat_direction direction;
	cat_scope scope;
	cat_mode mode;
	bool audio, video;
	bool mandatory, announce;
	bool early;			/* media from before the answer too */
	uint16_t refuse;		/* 0: allow */
	uint32_t keep_days;
	bool keep_given;		/* else its class may say */
	char class[CAT_NAME_MAX];	/* retention class, or "" */
	char calendar[CAT_NAME_MAX];	/* holidays, or "" */
	bool holidays_only;		/* else: not on holidays */
	char zone[CAT_NAME_MAX];	/* of the windows, IANA; "" without */
	cat_window window[CAT_WINDOWS_MAX];
	unsigned n_windows;		/* 0: at all times */
} cat_rule;

typedef enum cat_rule_verdict {
	CAT_RULE_OK,
	CAT_RULE_WORD,		/* not KEY=VALUE, or an open quote */
	CAT_RULE_KEY,
	CAT_RULE_TWICE,
	CAT_RULE_VALUE,
	CAT_RULE_NO_WHO,
	CAT_RULE_NO_MODE,
	CAT_RULE_CLASH,		/* words that exclude each other */
} cat_rule_verdict;

/* Fills in all of `out` except the name and the times. On failure `bad` is the
 * word that was not understood. */
MUST_CHECK cat_rule_verdict cat_rule_parse(span text, cat_rule *out, span *bad);
/* A sentence that names the word and what would be right. Free it. */
char *cat_rule_problem(cat_rule_verdict v, span bad);
/* Parses to itself. Free it. */
char *cat_rule_print(const cat_rule *r);

const char *cat_mode_name(cat_mode m);
MUST_CHECK bool cat_mode_parse(span text, cat_mode *out);
const char *cat_scope_name(cat_scope s);
/* "365", "90d", "6m", "7y"; 0 is not a time to keep anything. */
MUST_CHECK bool cat_days_parse(span text, uint32_t *days);
