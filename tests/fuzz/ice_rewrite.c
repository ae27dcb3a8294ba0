/* Targets: ice_rewrite, ice_sdp_read, ice_line_next, ice_conn_parse,
 * ice_rtcp_parse, ice_mline_parse, ice_pt_next */
#include "tests/support/ice_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The first line is "<method 0-2><draft06 0-2><kinds 0-7><toggles 0-7>" and a
 * Content-Type value, the rest is the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const decodable[] = {"PCMU", "G722/8000", "SIREN",
						"RED", NULL};
	ice_plan p = ice_plan_default();
	span in = span_of(data, n), type;
	uint8_t c[4];
	ice_report r;
	net_addr edge;
	span y;

	if (n > ORACLE_ROOM / 4 || !span_line(&in, &type) ||
	    !span_bytes(&type, c, 4))
		return 0;
	g_assert_true(net_addr_parse(span_str("203.0.113.67"), 0, &edge));
	p.method = (ice_method)(c[0] % 3);
	p.draft06 = (ice_draft06)(c[1] % 3);
	p.kinds = c[2] % 8;
	p.drop_undecodable = c[3] & 1;
	p.drop_cryptoscale = c[3] & 2;
	p.drop_bypassid = c[3] & 4;
	p.trickled = c[3] & 8;
	p.decodable = decodable;
	p.edges = &edge;
	p.n_edges = 1;
	(void)oracle_check(&p, type, in, &y, &r);
	return 0;
}
