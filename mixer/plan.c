#include "mixer/plan.h"

#include <string.h>

#include "mixer/sink.h"

static bool good_rate(uint32_t rate)
{
	return rate == 8000 || rate == 16000 || rate == 24000 || rate == 48000;
}

bool mix_plan_check(const mix_plan *p, GError **err)
{
	if (!p->dir || !p->name || !*p->name || strchr(p->name, '/') ||
	    p->name[0] == '.' || strlen(p->name) > MIX_NAME_MAX) {
		g_set_error(err, MIX_ERROR, MIX_ERROR_PLAN,
			    "'%s' is not a name for a recording",
			    p->name ? p->name : "");
		return false;
	}
	if (p->rate && !good_rate(p->rate)) {
		g_set_error(err, MIX_ERROR, MIX_ERROR_PLAN,
			    "rate %u: 8000, 16000, 24000 or 48000", p->rate);
		return false;
	}
	return mix_sink_check(p, err);
}

void mix_plan_copy(mix_plan *to, const mix_plan *from)
{
	*to = *from;
	to->dir = g_strdup(from->dir);
	to->name = g_strdup(from->name);
	to->outputs = g_memdup2(from->outputs,
				from->n_outputs * sizeof(*from->outputs));
	to->title = g_strdup(from->title);
	to->artist = g_strdup(from->artist);
	to->date = g_strdup(from->date);
	to->comment = g_strdup(from->comment);
}

void mix_plan_clear(mix_plan *p)
{
	g_free((char *)p->dir);
	g_free((char *)p->name);
	g_free((mix_output *)p->outputs);
	g_free((char *)p->title);
	g_free((char *)p->artist);
	g_free((char *)p->date);
	g_free((char *)p->comment);
}

bool mix_plan_wants(const mix_plan *p, mix_layout l)
{
	for (size_t i = 0; i < p->n_outputs; i++) {
		if (p->outputs[i].layout == l)
			return true;
	}
	return false;
}

bool mix_format_at_once(mix_format f)
{
	return f == MIX_WAV || f == MIX_WAV_ULAW || f == MIX_RF64 ||
	       f == MIX_RF64_ULAW;
}
