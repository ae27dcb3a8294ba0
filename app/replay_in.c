#include "app/replay_in.h"

#include "app/setup.h"
#include "app/sigfile.h"
#include "relay_capture/source.h"

/* One file, as a source of messages or of frames; `item` is its next. */
typedef struct input {
	const char *path;
	sigfile *sig;		/* else it is `capture` */
	relay_file *capture;
	bool has;
	replay_item item;
} input;

struct replay_in {
	int64_t offset_ns;
	tap_keylog *keys;
	GArray *inputs;		/* of input; messages before frames */
	input *last;		/* its item was given */
};

static void input_clear(gpointer p)
{
	input *i = p;

	sigfile_free(i->sig);
	relay_file_free(i->capture);
}

static void advance(replay_in *in, input *i)
{
	replay_item *k = &i->item;

	if (!i->sig) {
		i->has = relay_file_next(i->capture, &k->link, &k->bytes,
					 &k->at) == RELAY_NEXT_FRAME;
		return;
	}
	i->has = sigfile_next(i->sig, &k->at, &k->bytes);
	k->at.mono.ns += in->offset_ns;
	k->at.wall.ns += in->offset_ns;
}

static bool load_keys(replay_in *in, const char *path, GError **err)
{
	g_autofree char *text = NULL;
	unsigned bad;
	gsize n;

	if (!path)
		return true;
	if (!g_file_get_contents(path, &text, &n, err))
		return false;
	in->keys = tap_keylog_new(span_of(text, n), &bad);
	memset(text, 0, n);
	if (!in->keys)
		return setup_fail(err, "%s: line %u is none of a TLS key log",
				  path, bad);
	return tap_keylog_count(in->keys) ||
	       setup_fail(err, "%s: there is no key in it", path);
}

static bool add_input(replay_in *in, const char *path, bool messages,
		      GError **err)
{
	input i = {.path = path};

	if (messages)
		i.sig = sigfile_open(path, in->keys, err);
	else
		i.capture = relay_file_open(path, err);
	if (!i.sig && !i.capture)
		return false;
	g_array_append_val(in->inputs, i);
	return true;
}

replay_in *replay_in_open(const replay_plan *plan, GError **err)
{
	g_autoptr(replay_in) in = g_new0(replay_in, 1);

	in->offset_ns = plan->offset_ns;
	in->inputs = g_array_new(FALSE, FALSE, sizeof(input));
	g_array_set_clear_func(in->inputs, input_clear);
	if (!load_keys(in, plan->tls_keys, err))
		return NULL;
	for (char **p = plan->signalling ? plan->signalling : plan->media; *p;
	     p++)
		if (!add_input(in, *p, true, err))
			return NULL;
	for (char **p = plan->media; p && *p; p++)
		if (!add_input(in, *p, false, err))
			return NULL;
	for (guint i = 0; i < in->inputs->len; i++)
		advance(in, &g_array_index(in->inputs, input, i));
	return g_steal_pointer(&in);
}

/* Of two at one instant the message, and the input that was named first. */
replay_what replay_in_next(replay_in *in, replay_item *out)
{
	input *first = NULL;

	if (in->last)
		advance(in, in->last);
	for (guint n = 0; n < in->inputs->len; n++) {
		input *i = &g_array_index(in->inputs, input, n);

		if (i->has && (!first || i->item.at.mono.ns <
						 first->item.at.mono.ns))
			first = i;
	}
	in->last = first;
	if (!first)
		return REPLAY_END;
	*out = first->item;
	return first->sig ? REPLAY_MESSAGE : REPLAY_FRAME;
}

double replay_in_done(const replay_in *in)
{
	double done = 0;
	unsigned n = 0;

	for (guint k = 0; k < in->inputs->len; k++) {
		const input *i = &g_array_index(in->inputs, input, k);

		if (i->sig)
			continue;
		done += relay_file_done(i->capture);
		n++;
	}
	return n ? done / n : 1;
}

void replay_in_tell(const replay_in *in, GPtrArray *troubles, GPtrArray *notes)
{
	for (guint k = 0; k < in->inputs->len; k++) {
		const input *i = &g_array_index(in->inputs, input, k);

		if (i->sig)
			sigfile_tell(i->sig, troubles, notes);
		else if (relay_file_trouble(i->capture))
			g_ptr_array_add(troubles, g_strdup_printf(
				"%s: %s", i->path,
				relay_file_trouble(i->capture)));
	}
}

void replay_in_free(replay_in *in)
{
	if (!in)
		return;
	g_array_unref(in->inputs);
	tap_keylog_free(in->keys);
	g_free(in);
}
