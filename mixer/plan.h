/* plan.h - what is asked of a recording: checked, copied and queried. */
#pragma once
#include "mixer/mix.h"

bool mix_plan_check(const mix_plan *p, GError **err);
void mix_plan_copy(mix_plan *to, const mix_plan *from);
/* Of a copy. */
void mix_plan_clear(mix_plan *p);
/* Some output has this layout. */
bool mix_plan_wants(const mix_plan *p, mix_layout l);
