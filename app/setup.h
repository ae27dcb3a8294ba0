/* setup.h - from the configuration to the settings of each room. */
#pragma once
#include "app/render.h"
#include "core/conf.h"
#include "ice_rewriter/ice.h"
#include "relay_capture/source.h"
#include "signaling_tap/keypad.h"
#include "signaling_tap/rules.h"
#include "vault/vault.h"

#define SETUP_ERROR (setup_error_quark())
typedef enum setup_error { SETUP_ERROR_VALUE } setup_error;
GQuark setup_error_quark(void);
/* Sets the error and returns false. */
bool setup_fail(GError **err, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* The value and everything that it points to. */
typedef struct setup_plan {
	ice_plan plan;
	GArray *edges;		/* of net_addr */
	GPtrArray *decodable;	/* of const char *, NULL at the end */
	GArray *methods;	/* of tap_rewriting, NULL at the end; with their
				 * plans */
} setup_plan;
bool setup_plan_make(setup_plan *p, const conf *c, GError **err);
void setup_plan_clear(setup_plan *p);

/* From [rules] record. */
tap_rules *setup_rules(const conf *c, GError **err);

/* [keep] disk-marks. */
bool setup_marks(vlt_marks *out, const conf *c, GError **err);
/* [rules] keypad. */
bool setup_keypad(tap_keypad_plan *out, const conf *c, GError **err);

/* [capture]; what it points to is the configuration's. `edges` is the array
 * that the result lends. */
bool setup_capture(relay_live_config *out, GArray *edges, const conf *c,
		   GError **err);

/* What a recording keeps, leaves out and reports. */
bool setup_sound(render_config *out, const conf *c, GError **err);

/* [render] name has no token that there is not. */
bool setup_name(const conf *c, GError **err);

/* "mp4", "mkv", or NULL for none. */
const char *setup_video(const conf *c);

/* Values that cannot be used although they can be read: one sentence each
 * (char *) to `errors`. */
void setup_problems(const conf *c, GPtrArray *errors);

/* outputs.c: from "wav;mp3/vbr/mono" and the layout of those that name none;
 * NULL on error. Of mix_output. */
GArray *setup_outputs(char **formats, unsigned layout, GError **err);
