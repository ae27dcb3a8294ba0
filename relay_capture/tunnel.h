/* tunnel.h - mirrored traffic: frames that switches and clouds wrap around
 * copies of other frames. */
#pragma once
#include "relay_capture/frame.h"

/* GRE (RFC 2784, 2890) with Ethernet, IP or ERSPAN I, II or III inside
 * (draft-foschiano-erspan). FOREIGN for other payloads. */
MUST_CHECK relay_verdict relay_gre_peel(span *in, uint16_t *ethertype);
/* By UDP destination port: VXLAN (RFC 7348), GENEVE (RFC 8926), TZSP. FOREIGN
 * if it is none of these, or does not look like it; then it is an ordinary
 * payload. */
MUST_CHECK relay_verdict relay_udp_tunnel_peel(uint16_t port, span *in,
					       uint16_t *ethertype);
