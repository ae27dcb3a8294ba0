#include "core/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

void net_addr_set(net_addr *a, uint8_t family, const uint8_t *ip, uint16_t port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	*a = (net_addr){.family = family, .port = port};
	if (family == 6 && !memcmp(ip, mapped, sizeof(mapped))) {
		a->family = 4;
		ip += sizeof(mapped);
	}
	if (a->family == 4)
		memcpy(a->ip, ip, 4);
	else
		memcpy(a->ip, ip, 16);
}

/* "192.0.2.1": four decimals without leading zeros, as inet_pton() has it. */
static bool quad_parse(span text, uint8_t ip[static 4])
{
	for (unsigned i = 0; i < 4; i++) {
		span was;
		uint64_t v;
		uint8_t c;

		if (i && (!span_u8(&text, &c) || c != '.'))
			return false;
		was = text;
		if (!span_decimal(&text, 255, &v) ||
		    (was.p[0] == '0' && was.left - text.left > 1))
			return false;
		ip[i] = (uint8_t)v;
	}
	return text.left == 0;
}

bool net_addr_parse(span text, uint16_t port, net_addr *out)
{
	char s[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	if (text.left == 0 || text.left >= sizeof(s))
		return false;
	if (quad_parse(text, ip)) {
		*out = net_addr_from(4, ip, port);
		return true;
	}
	if (!memchr(text.p, ':', text.left))
		return false;
	span_copy(text, s, sizeof(s));
	if (inet_pton(AF_INET6, s, ip) == 1)
		*out = net_addr_from(6, ip, port);
	else
		return false;
	return true;
}

bool net_addr_parse_port(span text, net_addr *out)
{
	span ip;
	uint64_t port;

	if (text.left && text.p[0] == '[') {
		if (!span_skip(&text, 1) || !span_until(&text, ']', &ip) ||
		    !span_starts(text, ":") || !span_skip(&text, 1))
			return false;
	} else if (!span_until(&text, ':', &ip)) {
		return false;
	}
	return span_number(text, UINT16_MAX, &port) &&
	       net_addr_parse(ip, (uint16_t)port, out);
}

bool net_addr_is_any(const net_addr *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->ip, zero, sizeof(zero));
}

uint32_t net_addr_hash(const net_addr *a)
{
	uint64_t lo, hi;

	memcpy(&lo, a->ip, 8);
	memcpy(&hi, a->ip + 8, 8);
	lo ^= (hi << 1 | hi >> 63) ^ ((uint64_t)a->port << 17) ^ a->family;
	lo *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(lo >> 32);
}

void net_addr_ip_text(const net_addr *a, char to[static NET_ADDR_TEXT])
{
	if (!a->family ||
	    !inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->ip, to,
		       NET_ADDR_TEXT))
		snprintf(to, NET_ADDR_TEXT, "none");
}

void net_addr_text(const net_addr *a, char to[static NET_ADDR_TEXT])
{
	char ip[NET_ADDR_TEXT];

	net_addr_ip_text(a, ip);
	snprintf(to, NET_ADDR_TEXT, a->family == 6 ? "[%.45s]:%u" : "%.45s:%u",
		 ip, a->port);
}
