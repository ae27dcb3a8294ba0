#include "app/replay_in.h"

#include "app/setup.h"
#include "app/sigfile.h"
#include "app/sigwire.h"
#include "relay_capture/source.h"

/* One file. A capture may be read for its SIP, for its media, or both. */
typedef struct input {
	const char *path;
	sigfile *log;		/* else it is `capture` */
	relay_file *capture;
	bool sip, media;
	bool has;		/* `item` is its next */
	replay_item item;
} input;

struct replay_in {
	int64_t offset_ns;
	tap_keylog *keys;
	sigwire *wire;
	GArray *inputs;		/* of input */
	input *last;		/* whose item is being given */
	bool frame_due;		/* its messages are first */
};

static void input_clear(gpointer p)
{
	input *i = p;

	sigfile_free(i->log);
	relay_file_free(i->capture);
}

static void advance(replay_in *in, input *i)
{
	replay_item *k = &i->item;

	if (i->log)
		i->has = sigfile_next(i->log, &k->at, &k->bytes);
	else
		i->has = relay_file_next(i->capture, &k->link, &k->bytes,
					 &k->at) == RELAY_NEXT_FRAME;
	if (i->media)
		return;
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

static input *find_input(replay_in *in, const char *path)
{
	for (guint n = 0; n < in->inputs->len; n++) {
		input *i = &g_array_index(in->inputs, input, n);

		if (!strcmp(i->path, path))
			return i;
	}
	return NULL;
}

static bool add_signalling(replay_in *in, const char *path, GError **err)
{
	input i = {.path = path, .sip = true};
	bool capture;

	i.log = sigfile_open(path, &capture, err);
	if (capture)
		i.capture = relay_file_open(path, err);
	if (!i.log && !i.capture)
		return false;
	g_array_append_val(in->inputs, i);
	return true;
}

static bool add_media(replay_in *in, const char *path, bool sip, GError **err)
{
	input i = {.path = path, .sip = sip, .media = true};
	input *same = find_input(in, path);

	if (same && same->capture) {
		same->media = true;
		return true;
	}
	i.capture = relay_file_open(path, err);
	if (!i.capture)
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
	in->wire = sigwire_new(in->keys);
	for (char **p = plan->signalling; p && *p; p++)
		if (!add_signalling(in, *p, err))
			return NULL;
	for (char **p = plan->media; p && *p; p++)
		if (!add_media(in, *p, !plan->signalling, err))
			return NULL;
	for (guint n = 0; n < in->inputs->len; n++)
		advance(in, &g_array_index(in->inputs, input, n));
	return g_steal_pointer(&in);
}

/* Of two at one instant the input that was named first. */
static input *earliest(replay_in *in)
{
	input *first = NULL;

	for (guint n = 0; n < in->inputs->len; n++) {
		input *i = &g_array_index(in->inputs, input, n);

		if (i->has && (!first || i->item.at.mono.ns <
						 first->item.at.mono.ns))
			first = i;
	}
	return first;
}

/* A frame's messages, then, of a capture of media, the frame. */
static bool next_of_frame(replay_in *in, replay_item *out, replay_what *what)
{
	const input *i = in->last;

	*what = REPLAY_MESSAGE;
	if (i->sip && sigwire_next(in->wire, &out->at, &out->bytes))
		return true;
	if (!in->frame_due)
		return false;
	in->frame_due = false;
	*out = i->item;
	*what = REPLAY_FRAME;
	return true;
}

replay_what replay_in_next(replay_in *in, replay_item *out)
{
	replay_what what;

	for (;;) {
		if (in->last && !in->last->log &&
		    next_of_frame(in, out, &what))
			return what;
		if (in->last)
			advance(in, in->last);
		in->last = earliest(in);
		if (!in->last)
			return REPLAY_END;
		*out = in->last->item;
		if (in->last->log)
			return REPLAY_MESSAGE;
		in->frame_due = in->last->media;
		if (in->last->sip)
			sigwire_frame(in->wire, out->link, out->bytes,
				      out->at);
	}
}

double replay_in_done(const replay_in *in)
{
	double done = 0;
	unsigned n = 0;

	for (guint k = 0; k < in->inputs->len; k++) {
		const input *i = &g_array_index(in->inputs, input, k);

		if (i->log)
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

		if (i->log)
			sigfile_tell(i->log, troubles);
		else if (relay_file_trouble(i->capture))
			g_ptr_array_add(troubles, g_strdup(
				relay_file_trouble(i->capture)));
	}
	sigwire_tell(in->wire, troubles, notes);
}

void replay_in_free(replay_in *in)
{
	if (!in)
		return;
	g_array_unref(in->inputs);
	sigwire_free(in->wire);
	tap_keylog_free(in->keys);
	g_free(in);
}
