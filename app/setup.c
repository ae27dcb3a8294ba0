#include "app/setup.h"

#include <string.h>

#include "decoder/codec.h"

G_DEFINE_QUARK(setup_error, setup_error)

G_GNUC_PRINTF(2, 3)
bool setup_fail(GError **err, const char *fmt, ...)
{
	g_autofree char *message = NULL;
	va_list ap;

	va_start(ap, fmt);
	message = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error_literal(err, SETUP_ERROR, SETUP_ERROR_VALUE, message);
	return false;
}

static bool addresses(GArray *to, char **list, const char *key, GError **err)
{
	for (; *list; list++) {
		net_addr a;

		if (!net_addr_parse(span_str(*list), 0, &a))
			return setup_fail(err, "%s: \"%s\" is not an IP "
					  "address", key, *list);
		g_array_append_val(to, a);
	}
	return true;
}

static bool media_kinds(const conf *c, unsigned *out, GError **err)
{
	*out = 0;
	for (char **m = conf_list(c, CONF_RULES_MEDIA); *m; m++) {
		if (!strcmp(*m, "audio"))
			*out |= ICE_AUDIO;
		else if (!strcmp(*m, "video"))
			*out |= ICE_VIDEO;
		else
			return setup_fail(err, "[rules] media: \"%s\" is "
					  "neither audio nor video", *m);
	}
	return true;
}

static bool dead_address(ice_plan *p, const conf *c, GError **err)
{
	const char *text = conf_text(c, CONF_REWRITE_ADDRESS);
	net_addr a;

	if (!net_addr_parse(span_str(text), 0, &a))
		return setup_fail(err, "[rewrite] address: \"%s\" is not an IP "
				 "address", text);
	if (a.family == 4)
		p->dead4 = a;
	else
		p->dead6 = a;
	return true;
}

/* What the decoder can decode, and what travels beside any codec. */
static GPtrArray *decodable(void)
{
	static const char *const beside[] = {"RED", "CN", "telephone-event"};
	GPtrArray *a = g_ptr_array_new();
	const char *name;

	for (unsigned i = 0; (name = dec_codec_name(i)); i++)
		g_ptr_array_add(a, (void *)(uintptr_t)name);
	for (size_t i = 0; i < G_N_ELEMENTS(beside); i++)
		g_ptr_array_add(a, (void *)(uintptr_t)beside[i]);
	g_ptr_array_add(a, NULL);
	return a;
}

static bool method_parse(const char *text, ice_method *out)
{
	static const char *const names[] = {
		[ICE_PORT] = "port", [ICE_PORT_ADDRESS] = "port+address",
		[ICE_REMOVE] = "remove",
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		if (!strcmp(text, names[i])) {
			*out = (ice_method)i;
			return true;
		}
	return false;
}

static void method_clear(void *p)
{
	tap_rewriting *m = p;

	g_free((char *)m->front_end);
	g_free((ice_plan *)m->plan);
}

static GArray *methods_new(void)
{
	GArray *a = g_array_new(TRUE, TRUE, sizeof(tap_rewriting));

	g_array_set_clear_func(a, method_clear);
	return a;
}

/* "fe1.example.com=remove": like all others, but with that method. */
static bool methods_make(setup_plan *p, char **list, GError **err)
{
	for (; *list; list++) {
		const char *equals = strrchr(*list, '=');
		ice_plan plan = p->plan;
		tap_rewriting m;

		if (!equals || equals == *list ||
		    !method_parse(equals + 1, &plan.method))
			return setup_fail(err, "[rewrite] methods: \"%s\" is "
					  "not a Front End's name, '=' and "
					  "port, port+address or remove",
					  *list);
		m.front_end = g_strndup(*list, (gsize)(equals - *list));
		m.plan = g_memdup2(&plan, sizeof(plan));
		g_array_append_val(p->methods, m);
	}
	return true;
}

static bool plan_fill(setup_plan *p, const conf *c, GError **err)
{
	ice_plan *i = &p->plan;

	if (!media_kinds(c, &i->kinds, err) || !dead_address(i, c, err) ||
	    !addresses(p->edges, conf_list(c, CONF_REWRITE_EDGES),
		       "[rewrite] edges", err))
		return false;
	i->method = conf_choice(c, CONF_REWRITE_METHOD);
	i->port = (uint16_t)conf_number(c, CONF_REWRITE_PORT);
	i->draft06 = conf_choice(c, CONF_REWRITE_DRAFT06);
	i->relay_below = (uint16_t)conf_number(c, CONF_REWRITE_DRAFT06_Q);
	i->drop_undecodable = conf_bool(c, CONF_REWRITE_CODECS);
	i->drop_cryptoscale = conf_bool(c, CONF_REWRITE_CRYPTOSCALE);
	i->drop_bypassid = conf_bool(c, CONF_REWRITE_BYPASS);
	i->decodable = (const char *const *)p->decodable->pdata;
	i->edges = (const net_addr *)(void *)p->edges->data;
	i->n_edges = p->edges->len;
	return methods_make(p, conf_list(c, CONF_REWRITE_METHODS), err);
}

/* What is wrong with one of the plans, or NULL. */
static const char *plan_problem(const setup_plan *p)
{
	const char *problem = ice_plan_problem(&p->plan);

	for (guint i = 0; !problem && i < p->methods->len; i++)
		problem = ice_plan_problem(
			g_array_index(p->methods, tap_rewriting, i).plan);
	return problem;
}

bool setup_plan_make(setup_plan *p, const conf *c, GError **err)
{
	const char *problem;

	p->plan = ice_plan_default();
	p->edges = g_array_new(FALSE, TRUE, sizeof(net_addr));
	p->decodable = decodable();
	p->methods = methods_new();
	if (!plan_fill(p, c, err)) {
		setup_plan_clear(p);
		return false;
	}
	problem = plan_problem(p);
	if (!problem)
		return true;
	setup_plan_clear(p);
	return setup_fail(err, "[rewrite]: %s", problem);
}

void setup_plan_clear(setup_plan *p)
{
	g_clear_pointer(&p->edges, g_array_unref);
	g_clear_pointer(&p->decodable, g_ptr_array_unref);
	g_clear_pointer(&p->methods, g_array_unref);
}

tap_rules *setup_rules(const conf *c, GError **err)
{
	g_autofree char *list = g_strjoinv("; ",
					   conf_list(c, CONF_RULES_RECORD));
	g_autofree char *text = *list ? g_strconcat("record = ", list, "\n",
						    NULL)
				      : g_strdup("");
	tap_rules *r = tap_rules_new(text, err);

	if (!r)
		g_prefix_error(err, "[rules] record: ");
	return r;
}

static bool relay_ports(relay_config *r, const conf *c, GError **err)
{
	char **l = conf_list(c, CONF_CAPTURE_RELAY_PORTS);
	size_t n = 0;

	memset(r->ports, 0, sizeof(r->ports));
	for (; *l; l++) {
		uint64_t port;

		if (!span_number(span_str(*l), UINT16_MAX, &port) || !port)
			return setup_fail(err, "[capture] relay-ports: \"%s\" "
					  "is not a port", *l);
		if (n == G_N_ELEMENTS(r->ports))
			return setup_fail(err, "[capture] relay-ports: more "
					  "than %zu", n);
		r->ports[n++] = (uint16_t)port;
	}
	return true;
}

static bool nat_pairs(relay_config *r, const conf *c, GError **err)
{
	char **l = conf_list(c, CONF_CAPTURE_NAT);
	size_t n = 0;

	for (; *l; l++) {
		span real = span_str(*l), shown;

		if (n == G_N_ELEMENTS(r->nats))
			return setup_fail(err, "[capture] nat: more than %zu",
					  n);
		if (!span_until(&real, '=', &shown) ||
		    !net_addr_parse(shown, 0, &r->nats[n].shown) ||
		    !net_addr_parse(real, 0, &r->nats[n].real))
			return setup_fail(err, "[capture] nat: \"%s\" is not "
					 "PUBLIC=PRIVATE", *l);
		n++;
	}
	return true;
}

bool setup_marks(vlt_marks *out, const conf *c, GError **err)
{
	if (vlt_marks_parse(conf_list(c, CONF_KEEP_MARKS), out, err))
		return true;
	g_prefix_error(err, "[keep] disk-marks: ");
	return false;
}

bool setup_keypad(tap_keypad_plan *out, const conf *c, GError **err)
{
	if (tap_keypad_parse(conf_list(c, CONF_RULES_KEYS), out, err))
		return true;
	g_prefix_error(err, "[rules] keypad: ");
	return false;
}

bool setup_capture(relay_live_config *out, GArray *edges, const conf *c,
		   GError **err)
{
	const char *filter = conf_text(c, CONF_CAPTURE_FILTER);

	relay_live_config_init(out);
	out->interfaces = (const char *const *)conf_list(
			c, CONF_CAPTURE_INTERFACES);
	if (!out->interfaces[0])
		return setup_fail(err, "[capture] interfaces is empty");
	out->filter = filter && *filter ? filter : NULL;
	if (!addresses(edges, conf_list(c, CONF_REWRITE_EDGES),
		       "[rewrite] edges", err) ||
	    !relay_ports(&out->tap, c, err) || !nat_pairs(&out->tap, c, err))
		return false;
	out->edges = (const net_addr *)(void *)edges->data;
	out->n_edges = edges->len;
	out->ring_bytes = (size_t)conf_number(c, CONF_CAPTURE_RING) << 20;
	out->tap.preroll_bytes =
		(size_t)conf_number(c, CONF_CAPTURE_PREROLL_BYTES) << 20;
	out->tap.preroll_ns =
		conf_number(c, CONF_CAPTURE_PREROLL) * CLK_NS_PER_S;
	out->tap.keep_orphans = conf_choice(c, CONF_CAPTURE_ORPHANS) == 1;
	out->writer.spool = conf_text(c, CONF_SPOOL);
	out->writer.sync_ns =
		conf_number(c, CONF_CAPTURE_SYNC) * CLK_NS_PER_MS;
	return true;
}

static bool tags(render_config *out, char **list, GError **err)
{
	for (; *list; list++) {
		bool *tag = !strcmp(*list, "date") ? &out->tag_date
			: !strcmp(*list, "parties") ? &out->tag_parties
			: !strcmp(*list, "call-id") ? &out->tag_call : NULL;

		if (!tag)
			return setup_fail(err, "[render] tags: \"%s\" is not "
					 "date, parties or call-id", *list);
		*tag = true;
	}
	return true;
}

bool setup_sound(render_config *out, const conf *c, GError **err)
{
	out->picture = conf_bool(c, CONF_RENDER_PICTURE);
	out->spectrogram = conf_bool(c, CONF_RENDER_SPECTROGRAM);
	out->mute_hold = conf_bool(c, CONF_RENDER_SILENCE_HOLD);
	out->mute_dtmf = conf_bool(c, CONF_RENDER_SILENCE_DTMF);
	out->dtmf_tones = conf_bool(c, CONF_RENDER_DTMF_TONES);
	out->level = conf_bool(c, CONF_RENDER_LEVEL);
	out->early_media = conf_bool(c, CONF_RENDER_EARLY);
	return tags(out, conf_list(c, CONF_RENDER_TAGS), err);
}

const char *setup_video(const conf *c)
{
	static const char *const endings[] = {"mp4", "mkv", NULL};

	return endings[conf_choice(c, CONF_RENDER_VIDEO)];
}

/* ---- all that is wrong ---- */

/* Each looks at keys that no other one does, so that a wrong value hides no
 * other and is told once. */
static bool try_rules(const conf *c, GError **err)
{
	g_autoptr(tap_rules) r = setup_rules(c, err);

	return r != NULL;
}

static bool try_media(const conf *c, GError **err)
{
	unsigned kinds;

	return media_kinds(c, &kinds, err);
}

static bool try_keypad(const conf *c, GError **err)
{
	tap_keypad_plan keys;

	return setup_keypad(&keys, c, err);
}

static bool try_address(const conf *c, GError **err)
{
	ice_plan p = ice_plan_default();

	return dead_address(&p, c, err);
}

static bool try_edges(const conf *c, GError **err)
{
	g_autoptr(GArray) edges = g_array_new(FALSE, TRUE, sizeof(net_addr));

	return addresses(edges, conf_list(c, CONF_REWRITE_EDGES),
			 "[rewrite] edges", err);
}

static bool try_methods(const conf *c, GError **err)
{
	setup_plan p = {.plan = ice_plan_default(), .methods = methods_new()};
	const bool ok = methods_make(&p, conf_list(c, CONF_REWRITE_METHODS),
				     err);

	setup_plan_clear(&p);
	return ok;
}

static bool try_interfaces(const conf *c, GError **err)
{
	return conf_list(c, CONF_CAPTURE_INTERFACES)[0] ||
	       setup_fail(err, "[capture] interfaces is empty");
}

static bool try_ports(const conf *c, GError **err)
{
	relay_live_config live;

	return relay_ports(&live.tap, c, err);
}

static bool try_nat(const conf *c, GError **err)
{
	relay_live_config live;

	relay_live_config_init(&live);
	return nat_pairs(&live.tap, c, err);
}

static bool try_outputs(const conf *c, GError **err)
{
	g_autoptr(GArray) out = setup_outputs(
		conf_list(c, CONF_RENDER_FORMATS),
		conf_choice(c, CONF_RENDER_LAYOUT), err);

	if (!out)
		g_prefix_error(err, "[render] formats: ");
	return out != NULL;
}

static bool try_sound(const conf *c, GError **err)
{
	render_config render = {0};

	return setup_sound(&render, c, err);
}

bool setup_name(const conf *c, GError **err)
{
	g_autofree char *name = mix_name_expand(
		conf_text(c, CONF_RENDER_NAME), &(mix_name){0}, err);

	if (!name)
		g_prefix_error(err, "[render] name: ");
	return name != NULL;
}

static bool try_marks(const conf *c, GError **err)
{
	vlt_marks marks;

	return setup_marks(&marks, c, err);
}

/* How its values go together; only if each is right. */
static bool try_plan(const conf *c, GError **err)
{
	setup_plan p;

	if (!setup_plan_make(&p, c, err))
		return false;
	setup_plan_clear(&p);
	return true;
}

static void take(GPtrArray *errors, bool (*try)(const conf *c, GError **err),
		 const conf *c)
{
	g_autoptr(GError) err = NULL;

	if (!try(c, &err))
		g_ptr_array_add(errors, g_strdup(err->message));
}

void setup_problems(const conf *c, GPtrArray *errors)
{
	static bool (*const of_plan[])(const conf *, GError **) = {
		try_media, try_address, try_edges, try_methods,
	};
	static bool (*const others[])(const conf *, GError **) = {
		try_rules, try_keypad, try_interfaces, try_ports, try_nat,
		try_outputs, setup_name, try_sound, try_marks,
	};
	const guint before = errors->len;

	for (size_t i = 0; i < G_N_ELEMENTS(of_plan); i++)
		take(errors, of_plan[i], c);
	if (errors->len == before)
		take(errors, try_plan, c);
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		take(errors, others[i], c);
}
