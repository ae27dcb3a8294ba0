#include "decoder/out.h"

void dec_out_origin(dec_stream_totals *t, const dec_origin *from)
{
	t->encrypted = from->encrypted;
	t->key_serial = from->key_serial;
	t->key_tag = from->key_tag;
	t->mki = from->mki;
	span_copy(span_str(from->suite), t->suite, sizeof(t->suite));
}

dec_stream_totals *dec_out_stream(dec_out *o, const dec_origin *from,
				  clk_mono at)
{
	dec_stream_totals *t = g_new0(dec_stream_totals, 1);

	t->stream = o->streams->len;
	t->ssrc = from->ssrc;
	t->side = from->side;
	t->media = from->media;
	t->first = t->last = at;
	dec_out_origin(t, from);
	g_ptr_array_add(o->streams, t);
	dec_out_event(o, t, (dec_event){.kind = DEC_STREAM,
					.at = at,
					.name = t->suite,
					.branch = from->branch});
	return t;
}

void dec_out_event(dec_out *o, const dec_stream_totals *t, dec_event e)
{
	if (!o->sink.event)
		return;
	e.stream = t->stream;
	e.ssrc = t->ssrc;
	e.side = t->side;
	e.media = t->media;
	e.encrypted = t->encrypted;
	e.released = o->released;
	if (!e.name)
		e.name = "";
	if (!e.branch)
		e.branch = "";
	o->sink.event(o->user, &e);
}
