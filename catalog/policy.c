#include "catalog/policy.h"

#include "catalog/identity.h"

static void link_add(GHashTable *t, const char *text, cat_policy_link link)
{
	GArray *a = g_hash_table_lookup(t, text);

	if (!a) {
		a = g_array_new(FALSE, FALSE, sizeof(cat_policy_link));
		g_hash_table_insert(t, g_strdup(text), a);
	}
	g_array_append_val(a, link);
}

static GHashTable *links_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
				     (GDestroyNotify)g_array_unref);
}

static GHashTable *set_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void user_free(void *p)
{
	cat_policy_user *u = p;

	g_free(u->key);
	g_array_unref(u->rules);
	g_free(u);
}

cat_policy *cat_policy_new(void)
{
	cat_policy *p = g_atomic_rc_box_new0(cat_policy);

	p->texts = g_ptr_array_new_with_free_func(g_free);
	p->rules = g_array_new(FALSE, TRUE, sizeof(cat_policy_rule));
	p->users = g_ptr_array_new_with_free_func(user_free);
	p->zones = g_ptr_array_new_with_free_func(
			(GDestroyNotify)g_time_zone_unref);
	p->ids = links_new();
	p->id_rules = links_new();
	p->domains = links_new();
	p->gateways = links_new();
	p->conferences = links_new();
	p->prefixes = links_new();
	p->any = g_array_new(FALSE, FALSE, sizeof(cat_policy_link));
	p->internal = set_new();
	p->federated = set_new();
	p->emergency = set_new();
	p->classes = set_new();
	p->calendars = g_hash_table_new_full(
			g_str_hash, g_str_equal, g_free,
			(GDestroyNotify)g_hash_table_unref);
	return p;
}

static void policy_clear(void *v)
{
	cat_policy *p = v;

	g_ptr_array_unref(p->texts);
	g_array_unref(p->rules);
	g_ptr_array_unref(p->users);
	g_ptr_array_unref(p->zones);
	g_hash_table_unref(p->ids);
	g_hash_table_unref(p->id_rules);
	g_hash_table_unref(p->domains);
	g_hash_table_unref(p->gateways);
	g_hash_table_unref(p->conferences);
	g_hash_table_unref(p->prefixes);
	g_array_unref(p->any);
	g_hash_table_unref(p->internal);
	g_hash_table_unref(p->federated);
	g_hash_table_unref(p->emergency);
	g_hash_table_unref(p->calendars);
	g_hash_table_unref(p->classes);
}

void cat_policy_unref(cat_policy *p)
{
	if (p)
		g_atomic_rc_box_release_full(p, policy_clear);
}

uint32_t cat_policy_user_add(cat_policy *p, const char *key)
{
	cat_policy_user *u = g_new0(cat_policy_user, 1);

	u->key = g_strdup(key);
	u->rules = g_array_new(FALSE, FALSE, sizeof(cat_policy_link));
	g_ptr_array_add(p->users, u);
	return p->users->len - 1;
}

void cat_policy_id_add(cat_policy *p, const char *id, uint32_t user,
		       int64_t from, int64_t to)
{
	link_add(p->ids, id, (cat_policy_link){user, 0, from, to});
}

void cat_policy_user_rule(cat_policy *p, uint32_t user, uint32_t rule,
			  int64_t from, int64_t to)
{
	cat_policy_user *u = g_ptr_array_index(p->users, user);
	cat_policy_link link = {rule, 0, from, to};

	g_array_append_val(u->rules, link);
}

/* ---- rules ---- */

static GHashTable *calendar(cat_policy *p, const char *name)
{
	GHashTable *days = g_hash_table_lookup(p->calendars, name);

	if (days)
		return days;
	days = g_hash_table_new(NULL, NULL);
	g_hash_table_insert(p->calendars, g_strdup(name), days);
	return days;
}

static bool no_zone(const cat_rule *r, GError **err, const char *why)
{
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE, "rule %s: zone %s: %s",
		    r->name, r->zone, why);
	return false;
}

static bool zone_find(cat_policy *p, const cat_rule *r, uint8_t *index,
		      GError **err)
{
	g_autoptr(GTimeZone) z = NULL;

	*index = CAT_NO_ZONE;
	if (!*r->zone)
		return true;
	z = g_time_zone_new_identifier(r->zone);
	if (!z)
		return no_zone(r, err, "it is not known here; is tzdata "
				       "installed?");
	for (*index = 0; *index < p->zones->len; ++*index) {
		GTimeZone *old = g_ptr_array_index(p->zones, *index);

		if (!strcmp(g_time_zone_get_identifier(old),
			    g_time_zone_get_identifier(z)))
			return true;
	}
	if (*index == CAT_ZONES_MAX)
		return no_zone(r, err, "there are too many time zones");
	g_ptr_array_add(p->zones, g_steal_pointer(&z));
	return true;
}

static void prefix_add(cat_policy *p, const char *digits, size_t n,
		       uint32_t length, uint32_t rule)
{
	g_autofree char *text = g_strndup(digits, n);

	p->longest_prefix = MAX(p->longest_prefix, (unsigned)n);
	link_add(p->prefixes, text, (cat_policy_link){rule, length, 0, 0});
}

static bool all(const char *s, char c)
{
	return strspn(s, (char[]){c, '\0'}) == strlen(s);
}

/* A range is a few prefixes: +4930100-+4930299 is +49301.. and +49302.. of
 * that length. `lo` and `hi` are equal before `i`. */
static void range_add(cat_policy *p, const char *lo, const char *hi, size_t i,
		      uint32_t rule)
{
	size_t n = strlen(lo);

	if (all(lo + i, '0') && all(hi + i, '9')) {
		prefix_add(p, lo, i, (uint32_t)n, rule);
		return;
	}
	for (char d = lo[i]; d <= hi[i]; d++) {
		g_autofree char *from = g_strdup(lo), *to = g_strdup(hi);

		if (d != lo[i])
			memset(from + i + 1, '0', n - i - 1);
		if (d != hi[i])
			memset(to + i + 1, '9', n - i - 1);
		from[i] = to[i] = d;
		range_add(p, from, to, i + 1, rule);
	}
}

static void numbers_add(cat_policy *p, const cat_rule *r, uint32_t i)
{
	if (!*r->last)
		prefix_add(p, r->value, strlen(r->value), 0, i);
	else
		range_add(p, r->value, r->last, 0, i);
}

static void rule_index(cat_policy *p, const cat_rule *r, uint32_t i)
{
	cat_policy_link link = {i, 0, 0, 0};

	switch (r->who) {
	case CAT_WHO_ANY:
		g_array_append_val(p->any, link);
		break;
	case CAT_WHO_DOMAIN:
		link_add(p->domains, r->value, link);
		break;
	case CAT_WHO_GATEWAY:
		link_add(p->gateways, r->value, link);
		break;
	case CAT_WHO_NUMBERS:
		numbers_add(p, r, i);
		break;
	case CAT_WHO_CONFERENCE:
		link_add(p->conferences, r->value, link);
		break;
	case CAT_WHO_IDENTITY:
		link_add(p->id_rules, r->value, link);
		break;
	case CAT_WHO_USER:
	case CAT_WHO_GROUP:
	case CAT_WHO_SITE:
		break;	/* by cat_policy_user_rule() */
	}
}

static uint32_t keep_of(const cat_policy *p, const cat_rule *r)
{
	guint days = GPOINTER_TO_UINT(
		g_hash_table_lookup(p->classes, r->class));

	return days && !r->keep_given ? days : r->keep_days;
}

/* What is federated, or goes to the PSTN, is external too. */
static uint8_t scopes_of(cat_scope s)
{
	switch (s) {
	case CAT_SCOPE_ANY:
		return 0xff;
	case CAT_EXTERNAL:
		return 0xff & ~(1u << CAT_INTERNAL);
	case CAT_INTERNAL:
	case CAT_FEDERATED:
	case CAT_PSTN:
		break;
	}
	return (uint8_t)(1u << s);
}

bool cat_policy_rule_add(cat_policy *p, const cat_rule *r, GError **err)
{
	cat_policy_rule own = {
		.from = r->from,
		.to = r->to,
		.keep_days = keep_of(p, r),
		.refuse = r->refuse,
		.announce = r->announce,
		.early = r->early,
		.direction = (uint8_t)r->direction,
		.scopes = scopes_of(r->scope),
		.mode = (uint8_t)r->mode,
		.media = (uint8_t)((r->audio ? CAT_MEDIA_AUDIO : 0) |
				   (r->video ? CAT_MEDIA_VIDEO : 0)),
		.holidays_only = r->holidays_only,
		.n_windows = (uint8_t)r->n_windows,
	};
	cat_rule *text;

	if (!zone_find(p, r, &own.zone, err))
		return false;
	memcpy(own.window, r->window, sizeof(own.window));
	if (*r->calendar)
		own.holidays = calendar(p, r->calendar);
	own.rule = text = g_memdup2(r, sizeof(*r));
	g_ptr_array_add(p->texts, text);
	rule_index(p, text, p->rules->len);
	g_array_append_val(p->rules, own);
	return true;
}

/* Which of two rules of one side decides: docs/rules.md. */
static int by_precedence(const void *x, const void *y)
{
	const cat_policy_rule *const *p = x, *const *q = y;
	const cat_rule *a = (*p)->rule, *b = (*q)->rule;

	if (a->mandatory != b->mandatory)
		return a->mandatory ? -1 : 1;
	if (a->who != b->who)
		return a->who > b->who ? -1 : 1;
	if (a->mode != b->mode)
		return a->mode > b->mode ? -1 : 1;
	return strcmp(a->name, b->name);
}

void cat_policy_rank(cat_policy *p)
{
	g_autoptr(GPtrArray) order = g_ptr_array_new();

	for (guint i = 0; i < p->rules->len; i++)
		g_ptr_array_add(order,
				&g_array_index(p->rules, cat_policy_rule, i));
	g_ptr_array_sort(order, by_precedence);
	for (guint i = 0; i < order->len; i++)
		((cat_policy_rule *)g_ptr_array_index(order, i))->rank = i;
}

static void class_add(cat_policy *p, const char *name, const char *value)
{
	uint32_t days;

	if (cat_days_parse(span_str(value), &days))
		g_hash_table_replace(p->classes, g_strdup(name),
				     GUINT_TO_POINTER(days));
}

void cat_policy_list_add(cat_policy *p, const char *list, const char *value)
{
	if (!strcmp(list, "internal"))
		g_hash_table_add(p->internal, g_strdup(value));
	else if (!strcmp(list, "federated"))
		g_hash_table_add(p->federated, g_strdup(value));
	else if (!strcmp(list, "emergency"))
		g_hash_table_add(p->emergency, g_strdup(value));
	else if (g_str_has_prefix(list, "class:"))
		class_add(p, list + 6, value);
	else if (g_str_has_prefix(list, "holiday:"))
		g_hash_table_add(calendar(p, list + 8),
				 GUINT_TO_POINTER(cat_day_parse(
						 span_str(value))));
}
