#include "app/manifest.h"

#include "app/json_out.h"

static void text(json_out *b, const char *name, const char *value)
{
	json_out_text(b, name, value ? value : "");
}

static void when(json_out *b, const char *name, int64_t ms)
{
	char iso[32] = "";

	if (ms)
		clk_wall_iso((clk_wall){ms * CLK_NS_PER_MS}, iso);
	text(b, name, iso);
}

static void put_call(json_out *b, const cat_entry *e)
{
	json_out_begin(b, NULL, '{');
	text(b, "call", e->name);
	text(b, "call_id", e->call_id);
	text(b, "outcome", cat_outcome_name(e->outcome));
	text(b, "reason", e->reason);
	text(b, "caller", e->caller);
	text(b, "callee", e->callee);
	when(b, "begun", e->begun_ms);
	when(b, "answered", e->answered_ms);
	when(b, "ended", e->ended_ms);
	text(b, "rule", e->rule);
	text(b, "class", e->class);
	if (e->announce)
		text(b, "announcement", "expected");
	if (e->linked)
		text(b, "linked", e->linked);
	json_out_begin(b, "owners", '[');
	for (guint i = 0; i < e->owners->len; i++)
		text(b, NULL, g_ptr_array_index(e->owners, i));
	json_out_end(b, ']');
	json_out_end(b, '}');
}

static void put_leg(json_out *b, const together_leg *l)
{
	json_out_begin(b, NULL, '{');
	text(b, "call", l->call);
	text(b, "from", l->from);
	if (l->why)
		text(b, "why", l->why);
	json_out_number(b, "offset_ms", l->offset / CLK_NS_PER_MS);
	json_out_end(b, '}');
}

static void put_voice(json_out *b, const together_voice *v)
{
	json_out_begin(b, NULL, '{');
	text(b, "call", v->call);
	text(b, "who", v->who);
	if (v->also)
		text(b, "also", v->also);
	json_out_number(b, "offset_ms", v->offset / CLK_NS_PER_MS);
	text(b, "side", v->side == CALL_CALLER ? "caller" : "callee");
	json_out_number(b, "speaker", v->speaker);
	json_out_end(b, '}');
}

static void put_together(json_out *b, const together *t)
{
	json_out_begin(b, "together", '{');
	when(b, "begin", together_begin(t).ns / CLK_NS_PER_MS);
	json_out_begin(b, "legs", '[');
	for (guint i = 0; i < together_legs(t); i++) {
		const together_leg l = together_leg_at(t, i);

		put_leg(b, &l);
	}
	json_out_end(b, ']');
	json_out_begin(b, "voices", '[');
	for (guint i = 0; i < together_voices(t); i++) {
		const together_voice v = together_voice_at(t, i);

		put_voice(b, &v);
	}
	json_out_end(b, ']');
	json_out_end(b, '}');
}

char *manifest_text(const officer *o, const GPtrArray *calls,
		    const together *t)
{
	json_out b = {.to = g_string_new(NULL)};

	json_out_begin(&b, NULL, '{');
	text(&b, "exported_by", o->actor.name);
	text(&b, "reason", o->actor.reason);
	when(&b, "exported", o->now * 1000);
	json_out_begin(&b, "calls", '[');
	for (guint i = 0; i < calls->len; i++)
		put_call(&b, g_ptr_array_index(calls, i));
	json_out_end(&b, ']');
	if (t)
		put_together(&b, t);
	json_out_end(&b, '}');
	g_string_append_c(b.to, '\n');
	return g_string_free(b.to, FALSE);
}
