#include <stdio.h>

#include "catalog/identity.h"
#include "catalog/party.h"

enum { SIDES = 3 };

typedef struct judge {
	const cat_policy *p;
	const cat_call *c;
	cat_verdict *out;
	cat_policy_party party[2];
	const cat_policy_rule *best[SIDES];
	cat_local local[CAT_ZONES_MAX];
	uint64_t local_known;	/* bits of `local` */
	uint8_t media;		/* of the call, as in cat_policy_rule */
} judge;

static bool records(cat_mode m)
{
	return m >= CAT_ON_DEMAND;
}

/* The outer party says what a call is; of two outer ones the farther. */
static cat_scope scope_of(const cat_policy_party *a, const cat_policy_party *b)
{
	return MAX(a->kind, b->kind);
}

/* ---- whether a rule matches ---- */

static const cat_local *local_time(judge *j, const cat_policy_rule *r)
{
	uint64_t bit = UINT64_C(1) << r->zone;

	if (!(j->local_known & bit))
		cat_local_at(g_ptr_array_index(j->p->zones, r->zone),
			     j->c->at, &j->local[r->zone]);
	j->local_known |= bit;
	return &j->local[r->zone];
}

static bool time_fits(judge *j, const cat_policy_rule *r)
{
	const cat_local *t;
	bool holiday;

	if (r->zone == CAT_NO_ZONE)
		return true;
	t = local_time(j, r);
	if (r->holidays) {
		holiday = g_hash_table_contains(
			r->holidays, GUINT_TO_POINTER(cat_day_of(t)));
		if (holiday != r->holidays_only)
			return false;
	}
	for (unsigned i = 0; i < r->n_windows; i++)
		if (cat_window_holds(&r->window[i], t))
			return true;
	return r->n_windows == 0;
}

/* A party calls out or is called; for a rule of the call itself, out and in
 * are seen from inside. */
static bool direction_fits(const judge *j, uint8_t d, cat_side side)
{
	switch ((cat_direction)d) {
	case CAT_DIR_ANY:
		return true;
	case CAT_DIR_OUT:
		return side == CAT_CALL
			       ? j->party[CAT_CALLER].kind == CAT_INTERNAL
			       : side == CAT_CALLER;
	case CAT_DIR_IN:
		return side == CAT_CALL
			       ? j->party[CAT_CALLEE].kind == CAT_INTERNAL
			       : side == CAT_CALLEE;
	}
	return false;
}

/* If the kind of media is unknown, any rule matches. */
static uint8_t media_of(const cat_call *c)
{
	uint8_t m = (uint8_t)((c->audio ? CAT_MEDIA_AUDIO : 0) |
			      (c->video ? CAT_MEDIA_VIDEO : 0));

	return m ? m : CAT_MEDIA_AUDIO | CAT_MEDIA_VIDEO;
}

static bool known_hit(const cat_verdict *v, const cat_rule *r, cat_side side)
{
	for (unsigned i = 0; i < v->n_hits; i++)
		if (v->hit[i].rule == r && v->hit[i].side == side)
			return true;
	return false;
}

/* What it says of the call, whichever side it is for. */
static void rule_take(cat_verdict *v, const cat_policy_rule *r)
{
	if (r->mode == CAT_NEVER)
		return;
	if (r->keep_days > v->keep_days) {
		v->keep_days = r->keep_days;
		v->class = r->rule->class;
	}
	v->announce |= r->announce;
	v->early |= r->early;
	if (!v->refuse)
		v->refuse = r->refuse;
}

static void hit_take(judge *j, const cat_policy_rule *r, cat_side side)
{
	cat_verdict *v = j->out;

	v->n_matched++;
	if (v->n_hits < CAT_HITS_MAX)
		v->hit[v->n_hits++] = (cat_hit){r->rule, (uint8_t)side, false};
	if (!j->best[side] || r->rank < j->best[side]->rank)
		j->best[side] = r;
}

/* Whatever side it is for. */
static bool fits(judge *j, const cat_policy_rule *r)
{
	return cat_in_force(r->from, r->to, j->c->at) &&
	       (r->scopes >> j->out->scope & 1) && (r->media & j->media) &&
	       time_fits(j, r);
}

/* Two identities of a party may lead to the same rule. */
static void consider(judge *j, uint32_t rule, cat_side side)
{
	const cat_policy_rule *r = cat_policy_rule_at(j->p, rule);

	if (direction_fits(j, r->direction, side) && fits(j, r) &&
	    !known_hit(j->out, r->rule, side)) {
		hit_take(j, r, side);
		rule_take(j->out, r);
	}
}

/* Rules for everybody are for both parties. */
static void consider_any(judge *j)
{
	for (guint i = 0; i < j->p->any->len; i++) {
		const cat_policy_link *l = cat_policy_link_at(j->p->any, i);
		const cat_policy_rule *r = cat_policy_rule_at(j->p, l->index);

		if (!fits(j, r))
			continue;
		if (r->direction != CAT_DIR_IN)
			hit_take(j, r, CAT_CALLER);
		if (r->direction != CAT_DIR_OUT)
			hit_take(j, r, CAT_CALLEE);
		rule_take(j->out, r);
	}
}

static void consider_links(judge *j, const GArray *a, cat_side side)
{
	for (guint i = 0; a && i < a->len; i++) {
		const cat_policy_link *l = cat_policy_link_at(a, i);

		if (cat_in_force(l->from, l->to, j->c->at))
			consider(j, l->index, side);
	}
}

/* The rules that name `text`, which may be NULL. */
static void consider_named(judge *j, GHashTable *t, const char *text,
			   cat_side side)
{
	if (text)
		consider_links(j, cat_policy_find(t, text), side);
}

static void consider_number(judge *j, const cat_policy_party *who,
			    cat_side side)
{
	char digits[CAT_ID_MAX];
	size_t n = MIN(who->number.left, j->p->longest_prefix);

	if (!who->number.left)
		return;
	span_copy(who->number, digits, sizeof(digits));
	for (digits[n] = '\0'; n > 0; digits[--n] = '\0') {
		const GArray *a = cat_policy_find(j->p->prefixes, digits);

		for (guint i = 0; a && i < a->len; i++) {
			const cat_policy_link *l = cat_policy_link_at(a, i);

			if (!l->length || l->length == who->number.left)
				consider(j, l->index, side);
		}
	}
}

static const cat_policy_user *user_at(const cat_policy *p, uint32_t i)
{
	return g_ptr_array_index(p->users, i);
}

static void consider_party(judge *j, const cat_policy_party *who, cat_side side)
{
	for (unsigned i = 0; i < who->n_users; i++) {
		const cat_policy_user *u = user_at(j->p, who->user[i]);

		consider_links(j, u->rules, side);
	}
	for (unsigned i = 0; i < who->n_ids; i++) {
		consider_named(j, j->p->id_rules, who->id[i], side);
		consider_named(j, j->p->domains, cat_id_domain(who->id[i]),
			       side);
	}
	consider_number(j, who, side);
}

/* Rules of the call: the gateway it came through, its conference. */
static void consider_text(judge *j, GHashTable *t, span text)
{
	char low[CAT_VALUE_MAX];

	if (!text.left || text.left >= sizeof(low))
		return;
	span_copy(text, low, sizeof(low));
	for (char *c = low; *c; c++)
		*c = g_ascii_tolower(*c);
	consider_named(j, t, low, CAT_CALL);
}

static void consider_call(judge *j)
{
	consider_text(j, j->p->gateways, j->c->source);
	for (unsigned s = 0; s < 2; s++)
		for (unsigned i = 0; i < j->party[s].n_ids; i++)
			consider_named(j, j->p->gateways,
				       cat_id_domain(j->party[s].id[i]),
				       CAT_CALL);
	if (!j->c->conference.left)
		return;
	consider_text(j, j->p->conferences, j->c->conference);
	consider_named(j, j->p->conferences, "*", CAT_CALL);
}

/* ---- the verdict ---- */

static void owner_add(cat_verdict *v, span who, bool user, cat_side side)
{
	for (unsigned i = 0; i < v->n_owners; i++)
		if (span_same(v->owner[i].who, who))
			return;
	if (who.left && v->n_owners < CAT_OWNERS_MAX)
		v->owner[v->n_owners++] = (cat_owner){who, user, (uint8_t)side};
}

/* Its users, else the identity as the call names it. */
static void owners_of_side(judge *j, cat_side side)
{
	const cat_policy_party *who = &j->party[side];

	for (unsigned i = 0; i < who->n_users; i++) {
		const cat_policy_user *u = user_at(j->p, who->user[i]);

		owner_add(j->out, span_str(u->key), true, side);
	}
	if (!who->n_users)
		owner_add(j->out, who->shown, false, side);
}

/* A rule for the call itself: it belongs to its users or, if there are none, to
 * the caller. */
static void owners_of_call(judge *j)
{
	for (unsigned s = 0; s < 2; s++)
		if (j->party[s].n_users)
			owners_of_side(j, (cat_side)s);
	for (unsigned s = 0; s < 2 && !j->out->n_owners; s++)
		owners_of_side(j, (cat_side)s);
}

/* Those whose rule wants something kept; if none does, those it exempts. */
static void owners_find(judge *j)
{
	const cat_mode least = j->out->mode == CAT_NEVER ? CAT_NEVER
							 : CAT_METADATA;

	for (unsigned s = 0; s < 2; s++)
		if (j->best[s] && j->best[s]->mode >= least)
			owners_of_side(j, (cat_side)s);
	if (j->best[CAT_CALL] && j->best[CAT_CALL]->mode >= least)
		owners_of_call(j);
}

/* Any party's rule suffices: of the sides' rules the strongest counts, and one
 * that is mandatory before one that is not. */
static unsigned strongest(const judge *j)
{
	unsigned top = SIDES;

	for (unsigned s = 0; s < SIDES; s++) {
		const cat_rule *a = j->best[s] ? j->best[s]->rule : NULL;
		const cat_rule *b = top < SIDES ? j->best[top]->rule : NULL;

		if (a && (!b || a->mandatory > b->mandatory ||
			  (a->mandatory == b->mandatory && a->mode > b->mode)))
			top = s;
	}
	return top;	/* SIDES: none */
}

static void media_find(judge *j)
{
	const cat_call *c = j->c;

	for (unsigned s = 0; s < SIDES; s++) {
		const cat_policy_rule *r = j->best[s];

		if (!r || !records((cat_mode)r->mode))
			continue;
		j->out->audio |=
			(r->media & CAT_MEDIA_AUDIO) && (c->audio || !c->video);
		j->out->video |=
			(r->media & CAT_MEDIA_VIDEO) && (c->video || !c->audio);
	}
}

static void reason_say(judge *j, const cat_rule *r, cat_side side)
{
	static const char *const sides[SIDES] = {"caller ", "callee ", "call"};
	const cat_verdict *v = j->out;
	char who[96] = "";
	const char *what = "";

	switch (r->mode) {
	case CAT_NEVER:
		what = "exempts";
		break;
	case CAT_METADATA:
		what = "keeps only the data, not the sound, of";
		break;
	case CAT_ON_DEMAND:
		what = "records only on demand";
		break;
	case CAT_BUFFERED:
		what = "records, to be kept only on demand,";
		break;
	case CAT_ALWAYS:
		what = "records";
		break;
	}
	for (unsigned i = 0; i < v->n_owners; i++)
		if (v->owner[i].side == side && side != CAT_CALL) {
			span_copy(v->owner[i].who, who, sizeof(who));
			break;
		}
	snprintf(j->out->reason, sizeof(j->out->reason),
		 "the %srule %s %s the %s%s", r->mandatory ? "mandatory " : "",
		 r->name, what, sides[side], who);
}

static bool emergency(judge *j)
{
	const cat_policy_party *to = &j->party[CAT_CALLEE];
	char number[CAT_ID_MAX];

	if (!to->number.left)
		return false;
	span_copy(to->number, number, sizeof(number));
	return g_hash_table_contains(j->p->emergency, number) ||
	       (number[0] == '+' &&
		g_hash_table_contains(j->p->emergency, number + 1));
}

static void emergency_rule(judge *j)
{
	cat_verdict *v = j->out;
	char number[64];

	v->concerned = v->record = v->audio = v->emergency = true;
	v->mandatory = true;
	v->video = j->c->video;
	v->mode = CAT_ALWAYS;
	v->refuse = 0;
	v->keep_days = MAX(v->keep_days, (uint32_t)CAT_KEEP_DEFAULT);
	v->rule = "emergency";
	owners_of_call(j);
	span_copy(j->party[CAT_CALLEE].number, number, sizeof(number));
	snprintf(v->reason, sizeof(v->reason),
		 "calls to the emergency number %s are always recorded and "
		 "never refused", number);
}

static void conclude(judge *j)
{
	cat_verdict *v = j->out;
	unsigned side = strongest(j);
	const cat_rule *r;

	for (unsigned i = 0; i < v->n_hits; i++)
		v->hit[i].decides =
			v->hit[i].rule == j->best[v->hit[i].side]->rule;
	if (emergency(j)) {
		emergency_rule(j);
		return;
	}
	if (side == SIDES) {
		g_strlcpy(v->reason, "no rule names the caller or the callee",
			  sizeof(v->reason));
		return;
	}
	r = j->best[side]->rule;
	v->concerned = true;
	v->mode = r->mode;
	v->mandatory = r->mandatory;
	v->rule = r->name;
	v->record = records(r->mode);
	if (v->record)
		media_find(j);
	else
		v->refuse = 0;
	if (!v->keep_days)
		v->keep_days = j->best[side]->keep_days;
	owners_find(j);
	reason_say(j, r, (cat_side)side);
}

void cat_policy_decide(const cat_policy *p, const cat_call *c, cat_verdict *out)
{
	judge j;

	j.p = p;
	j.c = c;
	j.out = out;
	j.local_known = 0;
	j.media = media_of(c);
	memset(j.best, 0, sizeof(j.best));
	memset(out, 0, offsetof(cat_verdict, hit));
	out->rule = out->class = "";
	cat_policy_party_find(p, &c->caller, c->at, &j.party[CAT_CALLER]);
	cat_policy_party_find(p, &c->callee, c->at, &j.party[CAT_CALLEE]);
	out->scope = scope_of(&j.party[0], &j.party[1]);
	consider_party(&j, &j.party[CAT_CALLER], CAT_CALLER);
	consider_party(&j, &j.party[CAT_CALLEE], CAT_CALLEE);
	consider_call(&j);
	consider_any(&j);
	conclude(&j);
}
