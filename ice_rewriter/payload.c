#include "ice_rewriter/payload.h"

bool ice_pt_next(span *in, unsigned *pt)
{
	span word;
	uint64_t n;

	if (!span_word(in, &word) || !span_number(word, 127, &n))
		return false;
	*pt = (unsigned)n;
	return true;
}

/* "PCMU/8000/1" is "PCMU/8000" (RFC 4566 6). */
static span without_mono(span map)
{
	if (map.left > 2 && map.p[map.left - 1] == '1' &&
	    map.p[map.left - 2] == '/')
		map.left -= 2;
	return map;
}

/* Enough to distinguish most names of a list. */
static bool same_letter(span map, char c)
{
	return map.left && ((map.p[0] ^ (uint8_t)c) & 0x1f) == 0;
}

static bool in_list(const char *const *list, span map)
{
	span rest = map, name;

	map = without_mono(map);
	if (!span_until(&rest, '/', &name))
		name = map;
	for (; list && *list; list++)
		if (same_letter(map, **list) &&
		    span_caseeq(strchr(*list, '/') ? map : name, *list))
			return true;
	return false;
}

static void classify(ice_payloads *p, const ice_plan *plan, unsigned pt,
		     span map)
{
	bool known = in_list(plan->decodable, map);

	if (span_casestarts(map, "CN/") ||
	    span_casestarts(map, "telephone-event/") ||
	    (known && span_casestarts(map, "RED/")))
		ice_pts_add(&p->helps, pt);
	else if (known)
		ice_pts_add(&p->plays, pt);
}

void ice_payloads_list(ice_payloads *p, span formats)
{
	unsigned pt;

	while (ice_pt_next(&formats, &pt))
		ice_pts_add(&p->listed, pt);
}

void ice_payloads_map(ice_payloads *p, const ice_plan *plan, span value)
{
	unsigned pt;
	span map;

	if (!ice_pt_next(&value, &pt) || !span_word(&value, &map) ||
	    ice_pts_has(&p->mapped, pt))
		return;
	ice_pts_add(&p->mapped, pt);
	classify(p, plan, pt, map);
}

/* RFC 3551 6: types whose meaning needs no a=rtpmap. */
static void classify_static(ice_payloads *p, const ice_plan *plan)
{
	static const struct {
		uint8_t pt;
		const char *map;
	} fixed[] = {
		{0, "PCMU/8000"}, {3, "GSM/8000"}, {4, "G723/8000"},
		{5, "DVI4/8000"}, {6, "DVI4/16000"}, {7, "LPC/8000"},
		{8, "PCMA/8000"}, {9, "G722/8000"}, {10, "L16/44100/2"},
		{11, "L16/44100"}, {12, "QCELP/8000"}, {13, "CN/8000"},
		{14, "MPA/90000"}, {15, "G728/8000"}, {16, "DVI4/11025"},
		{17, "DVI4/22050"}, {18, "G729/8000"}, {26, "JPEG/90000"},
		{31, "H261/90000"}, {32, "MPV/90000"}, {34, "H263/90000"},
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (ice_pts_has(&p->listed, fixed[i].pt) &&
		    !ice_pts_has(&p->mapped, fixed[i].pt))
			classify(p, plan, fixed[i].pt,
				 span_str(fixed[i].map));
}

ice_pts ice_payloads_drop(ice_payloads *p, const ice_plan *plan)
{
	ice_pts drop = {0};
	uint64_t plays = 0;

	if (!plan->drop_undecodable || !plan->decodable)
		return drop;
	classify_static(p, plan);
	for (unsigned i = 0; i < 2; i++)
		plays |= p->listed.bits[i] & p->plays.bits[i];
	for (unsigned i = 0; i < 2 && plays; i++)
		drop.bits[i] = p->listed.bits[i] & ~p->plays.bits[i] &
			       ~p->helps.bits[i];
	return drop;
}
