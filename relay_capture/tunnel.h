/* tunnel.h - mirrored traffic: the frames that switches and clouds send about
 * other frames. */
#pragma once
#include "relay_capture/frame.h"

/* GRE (RFC 2784, 2890) with Ethernet, IP or ERSPAN I, II, III inside
 * (draft-foschiano-erspan). FOREIGN for other payloads. */
MUST_CHECK relay_verdict relay_gre_peel(span *in, uint16_t *ethertype);
/* By the UDP port it was sent to: VXLAN (RFC 7348), GENEVE (RFC 8926), TZSP.
 * FOREIGN when it is none of them, or does not look like it: then it is a
 * payload like any other. */
MUST_CHECK relay_verdict relay_udp_tunnel_peel(uint16_t port, span *in,
					       uint16_t *ethertype);
