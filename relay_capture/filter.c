#include "relay_capture/filter.h"

/* Fragments behind the first have no ports, so they must pass by themselves. */
#define FRAGMENTS "(ip[6:2] & 0x1fff != 0) or (ip6 proto 44)"

/* A mirror's frames have the relay's addresses inside: GRE and ERSPAN, VXLAN,
 * GENEVE, TZSP. */
#define TUNNELS "ip proto 47 or ip6 proto 47 or udp port 4789 or " \
		"udp port 6081 or udp port 37008"

static void add_ports(GString *s, const relay_live_config *c)
{
	bool any = c->relayed_lo == 0;

	if (any)
		g_string_append(s, "udp");
	else
		g_string_append_printf(s, "udp portrange %u-%u", c->relayed_lo,
				       c->relayed_hi);
	for (size_t i = 0; i < G_N_ELEMENTS(c->tap.ports); i++) {
		if (!c->tap.ports[i])
			continue;
		g_string_append_printf(s, " or tcp port %u", c->tap.ports[i]);
		if (!any)
			g_string_append_printf(s, " or udp port %u",
					       c->tap.ports[i]);
	}
}

static void add_edges(GString *s, const relay_live_config *c)
{
	char ip[NET_ADDR_TEXT];

	for (unsigned i = 0; i < c->n_edges; i++) {
		net_addr_ip_text(&c->edges[i], ip);
		g_string_append_printf(s, "%shost %s", i ? " or " : "", ip);
	}
}

char *relay_filter_text(const relay_live_config *c, bool vlan)
{
	GString *s = g_string_new("((");
	g_autofree char *plain = NULL;

	add_ports(s, c);
	g_string_append_c(s, ')');
	if (c->n_edges) {
		g_string_append(s, " and (");
		add_edges(s, c);
		g_string_append_c(s, ')');
	}
	g_string_append(s, ") or " FRAGMENTS " or " TUNNELS);
	plain = g_string_free(s, FALSE);
	/* "vlan" moves the offsets of everything after it: one tag, then
	 * two. */
	return vlan ? g_strdup_printf("(%s) or (vlan and (%s)) or "
				      "(vlan and (%s))", plain, plain, plain) :
		      g_steal_pointer(&plain);
}
