#include "core/candidate.h"

call_cand_type cand_type(span word)
{
	if (span_caseeq(word, "host"))
		return CALL_CAND_HOST;
	if (span_caseeq(word, "srflx"))
		return CALL_CAND_SRFLX;
	if (span_caseeq(word, "prflx"))
		return CALL_CAND_PRFLX;
	if (span_caseeq(word, "relay"))
		return CALL_CAND_RELAY;
	return CALL_CAND_UNTYPED;
}

call_transport cand_transport(span word)
{
	if (span_caseeq(word, "UDP"))
		return CALL_UDP;
	if (span_caseeq(word, "TCP-PASS"))
		return CALL_TCP_PASS;
	if (span_caseeq(word, "TCP-ACT"))
		return CALL_TCP_ACT;
	if (span_caseeq(word, "TCP-SO"))
		return CALL_TCP_SO;
	if (span_caseeq(word, "TCP"))
		return CALL_TCP;
	return CALL_TRANSPORT_OTHER;
}

cand_verdict cand_split(span value, cand_fields *out)
{
	cand_fields f = {0};
	span third, fourth, typ;
	uint64_t n;

	if (!span_word(&value, &f.id) || !span_word(&value, &f.component) ||
	    !span_word(&value, &third) || !span_word(&value, &fourth))
		return CAND_SHORT;
	f.draft06 = !span_number(fourth, UINT64_MAX, &n);
	f.transport = f.draft06 ? fourth : third;
	f.priority = fourth;
	if (f.draft06 && !span_word(&value, &f.priority))
		return CAND_SHORT;
	if (!span_word(&value, &f.addr) || !span_word(&value, &f.port))
		return CAND_SHORT;
	if (!f.draft06) {
		if (!span_word(&value, &typ))
			return CAND_SHORT;
		if (!span_caseeq(typ, "typ"))
			return CAND_BAD;
		if (!span_word(&value, &f.type))
			return CAND_SHORT;
	}
	f.more = value;
	*out = f;
	return CAND_OK;
}

/* "0.410" -> 410; "1" -> 1000. More than three decimals are cut. */
static bool parse_q(span in, uint32_t *v)
{
	uint32_t n, unit = 100;
	uint64_t whole;
	uint8_t c;

	if (!span_decimal(&in, 1, &whole))
		return false;
	n = (uint32_t)whole * 1000;
	if (in.left && (!span_u8(&in, &c) || c != '.'))
		return false;
	while (span_u8(&in, &c)) {
		if (c < '0' || c > '9')
			return false;
		n += unit * (uint32_t)(c - '0');
		unit /= 10;
	}
	*v = n;
	return n <= 1000;
}

/* RFC 6544 4.5: "TCP" takes its direction from tcptype. */
static call_transport tcp_type(span word, call_transport otherwise)
{
	if (span_caseeq(word, "active"))
		return CALL_TCP_ACT;
	if (span_caseeq(word, "passive"))
		return CALL_TCP_PASS;
	if (span_caseeq(word, "so"))
		return CALL_TCP_SO;
	return otherwise;
}

/* Extension attributes come in pairs; unknown ones are stepped over. */
static void parse_more(span in, call_cand *c)
{
	span name, value, raddr = {0};
	uint64_t rport = 0;

	while (span_word(&in, &name) && span_word(&in, &value)) {
		if (span_caseeq(name, "raddr"))
			raddr = value;
		else if (span_caseeq(name, "rport") &&
			 !span_number(value, UINT16_MAX, &rport))
			rport = 0;
		else if (span_caseeq(name, "tcptype") &&
			 c->transport == CALL_TCP)
			c->transport = (uint8_t)tcp_type(value, CALL_TCP);
	}
	if (!net_addr_parse(raddr, (uint16_t)rport, &c->raddr))
		c->raddr = (net_addr){0};
}

/* Some stacks leave the base64 padding of a draft-06 id in place. */
static bool parse_id(span id, call_cand *c)
{
	while (c->draft06 && id.left && id.p[id.left - 1] == '=')
		id.left--;
	if (id.left == 0 || id.left >= sizeof(c->id))
		return false;
	span_copy(id, c->id, sizeof(c->id));
	return true;
}

cand_verdict cand_parse(span value, call_cand *out)
{
	call_cand c = {0};
	uint64_t component, priority = 0, port;
	cand_fields f;
	cand_verdict v = cand_split(value, &f);

	if (v != CAND_OK)
		return v;
	c.draft06 = f.draft06;
	c.type = (uint8_t)cand_type(f.type);
	c.transport = (uint8_t)cand_transport(f.transport);
	if (!parse_id(f.id, &c) ||
	    !span_number(f.component, UINT8_MAX, &component) || !component ||
	    !span_number(f.port, UINT16_MAX, &port))
		return CAND_BAD;
	if (f.draft06 ? !parse_q(f.priority, &c.priority)
		      : !span_number(f.priority, UINT32_MAX, &priority))
		return CAND_BAD;
	if (!f.draft06)
		c.priority = (uint32_t)priority;
	c.component = (uint8_t)component;
	if (!net_addr_parse(f.addr, (uint16_t)port, &c.addr)) {
		c.addr.port = (uint16_t)port;
		v = CAND_NAMED;
	}
	parse_more(f.more, &c);
	*out = c;
	return v;
}

cand_verdict cand_remote_next(span *in, uint8_t *component, net_addr *out)
{
	span c, ip, p;
	uint64_t n, port;

	if (!span_word(in, &c) || !span_word(in, &ip) || !span_word(in, &p))
		return CAND_SHORT;
	if (!span_number(c, UINT8_MAX, &n) ||
	    !span_number(p, UINT16_MAX, &port))
		return CAND_BAD;
	*component = (uint8_t)n;
	if (!net_addr_parse(ip, (uint16_t)port, out)) {
		*out = (net_addr){.port = (uint16_t)port};
		return CAND_NAMED;
	}
	return CAND_OK;
}
