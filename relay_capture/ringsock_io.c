#include "relay_capture/ringsock.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay_capture/filter.h"
#include "relay_capture/frame.h"

enum {
	BLOCK = 128 << 10,	/* holds the longest frame that GRO makes */
	FRAME = 2048,		/* V3 asks for it and does without */
	BLOCKS_MIN = 8,
	RETIRE_MS = 20,		/* a block is handed over half filled then */
	SNAP = 262144,
	AHEAD = 12,		/* frames */
	ASK_MAX = 512,		/* octets; longer ones need no help */
	SLL_AT = TPACKET_ALIGN((int)sizeof(struct tpacket3_hdr)),
};

static bool fail(GError **err, relay_error code, const relay_ringsock *s,
		 const char *what, const char *why)
{
	g_set_error(err, RELAY_ERROR, (gint)code, "%s: %s%s%s", s->place.name,
		    what, *what ? ": " : "", why);
	return false;
}

static bool fail_errno(GError **err, const relay_ringsock *s, const char *what)
{
	return fail(err, RELAY_ERROR_OPEN, s, what, g_strerror(errno));
}

/* Frames of "any" come without their link header, the others with it. */
static bool find_link(relay_ringsock *s, int fd, GError **err)
{
	struct ifreq r = {0};

	s->place.link = RELAY_LINK_DLT_RAW;
	if (!strcmp(s->place.name, "any"))
		return true;
	s->place.link = RELAY_LINK_ETHERNET;
	s->place.index = (int)if_nametoindex(s->place.name);
	if (!s->place.index)
		return fail_errno(err, s, "");
	g_strlcpy(r.ifr_name, s->place.name, sizeof(r.ifr_name));
	if (ioctl(fd, SIOCGIFHWADDR, &r) < 0)
		return fail_errno(err, s, "SIOCGIFHWADDR");
	if (r.ifr_hwaddr.sa_family == ARPHRD_ETHER ||
	    r.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK)
		return true;
	return fail(err, RELAY_ERROR_FORMAT, s, "ring", "not Ethernet");
}

bool relay_filter_check(const char *text, GError **err)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, SNAP);
	struct bpf_program code;
	const bool fits =
		pcap_compile(p, &code, text, 1, PCAP_NETMASK_UNKNOWN) == 0;

	if (fits)
		pcap_freecode(&code);
	else
		g_set_error(err, RELAY_ERROR, RELAY_ERROR_FILTER,
			    "[capture] filter: \"%s\": %s", text,
			    pcap_geterr(p));
	pcap_close(p);
	return fits;
}

/* The kernel has taken the VLAN tag off before the filter runs. */
static bool set_filter(const relay_ringsock *s, const relay_live_config *c,
		       GError **err)
{
	g_autofree char *text = c->filter ? g_strdup(c->filter) :
		relay_filter_text(c, s->place.link == RELAY_LINK_ETHERNET);
	pcap_t *p = pcap_open_dead(s->place.link, SNAP);
	struct bpf_program code;
	struct sock_fprog prog;
	bool ok;

	if (pcap_compile(p, &code, text, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		fail(err, RELAY_ERROR_FILTER, s, "", pcap_geterr(p));
		pcap_close(p);
		return false;
	}
	prog.len = (unsigned short)code.bf_len;
	prog.filter = (struct sock_filter *)(void *)code.bf_insns;
	ok = setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			sizeof(prog)) == 0;
	if (!ok)
		fail(err, RELAY_ERROR_FILTER, s, "filter", g_strerror(errno));
	pcap_freecode(&code);
	pcap_close(p);
	return ok;
}

static bool map_ring(relay_ringsock *s, unsigned blocks)
{
	void *map = mmap(NULL, (size_t)BLOCK * blocks, PROT_READ | PROT_WRITE,
			 MAP_SHARED, s->fd, 0);

	if (map == MAP_FAILED)
		return false;
	s->map = map;
	s->place.blocks = blocks;
	return true;
}

static bool set_ring(relay_ringsock *s, size_t bytes, GError **err)
{
	int version = TPACKET_V3;
	unsigned blocks = (unsigned)MAX(bytes / BLOCK, BLOCKS_MIN);
	struct tpacket_req3 req = {
		.tp_block_size = BLOCK,
		.tp_block_nr = blocks,
		.tp_frame_size = FRAME,
		.tp_frame_nr = BLOCK / FRAME * blocks,
		.tp_retire_blk_tov = RETIRE_MS,
	};

	if (setsockopt(s->fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) < 0 ||
	    setsockopt(s->fd, SOL_PACKET, PACKET_RX_RING, &req,
		       sizeof(req)) < 0)
		return fail_errno(err, s, "TPACKET_V3");
	return map_ring(s, blocks) || fail_errno(err, s, "ring");
}

static bool bind_to(const relay_ringsock *s, int index)
{
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = index,
	};
	struct packet_mreq m = {.mr_ifindex = index,
				.mr_type = PACKET_MR_PROMISC};

	if (bind(s->fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return false;
	return !index || setsockopt(s->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
				    &m, sizeof(m)) == 0;
}

/* Without a protocol nothing arrives before the filter is installed. */
static bool set_up(relay_ringsock *s, const relay_live_config *c, GError **err)
{
	bool cooked = !strcmp(s->place.name, "any");

	s->fd = socket(AF_PACKET,
		       (cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC, 0);
	if (s->fd < 0 && errno == EPERM)
		return fail(err, RELAY_ERROR_OPEN, s, "",
			    "no right to capture (CAP_NET_RAW)");
	if (s->fd < 0)
		return fail_errno(err, s, "AF_PACKET");
	return find_link(s, s->fd, err) && set_filter(s, c, err) &&
	       set_ring(s, c->ring_bytes, err) &&
	       (bind_to(s, s->place.index) || fail_errno(err, s, "bind"));
}

bool relay_ringsock_open(relay_ringsock *s, const char *name,
			 const relay_live_config *c, GError **err)
{
	*s = (relay_ringsock){.fd = -1};
	g_strlcpy(s->place.name, name, sizeof(s->place.name));
	s->place.lo = (int)if_nametoindex("lo");
	if (strlen(name) >= sizeof(s->place.name))
		return fail(err, RELAY_ERROR_OPEN, s, "", "no such interface");
	if (set_up(s, c, err))
		return true;
	relay_ringsock_close(s);
	return false;
}

bool relay_ringsock_adopt(relay_ringsock *s, const relay_ring_place *p, int fd)
{
	*s = (relay_ringsock){.place = *p, .fd = fd};
	if (fd >= 0 && map_ring(s, p->blocks))
		return true;
	relay_ringsock_close(s);
	return false;
}

void relay_ringsock_close(relay_ringsock *s)
{
	if (s->map)
		munmap(s->map, (size_t)BLOCK * s->place.blocks);
	if (s->fd >= 0)
		close(s->fd);
	*s = (relay_ringsock){.fd = -1};
}

void relay_ringsock_bind_again(relay_ringsock *s)
{
	int index = s->place.index ? (int)if_nametoindex(s->place.name) : 0;

	if (index && index != s->place.index && bind_to(s, index))
		s->place.index = index;
}

void relay_ringsock_counters(const relay_ringsock *s, uint64_t *seen,
			     uint64_t *dropped)
{
	struct tpacket_stats_v3 st = {0};
	socklen_t n = sizeof(st);

	if (getsockopt(s->fd, SOL_PACKET, PACKET_STATISTICS, &st, &n) < 0)
		st = (struct tpacket_stats_v3){0};
	*seen = st.tp_packets;
	*dropped = st.tp_drops;
}

int relay_ringsock_error(const relay_ringsock *s)
{
	socklen_t n = sizeof(int);
	int error = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return errno;
	return error;
}

static struct tpacket_block_desc *desc(const relay_ringsock *s, uint64_t number)
{
	size_t i = (size_t)((number - 1) % s->place.blocks);

	return (struct tpacket_block_desc *)(void *)(s->map + i * BLOCK);
}

static bool is_ours(struct tpacket_block_desc *d)
{
	return __atomic_load_n(&d->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
	       TP_STATUS_USER;
}

bool relay_ringsock_block(const relay_ringsock *s, uint64_t number,
			  relay_ring_block *out)
{
	struct tpacket_block_desc *d = desc(s, number);

	if (!is_ours(d) || d->hdr.bh1.seq_num != number)
		return false;
	out->left = d->hdr.bh1.num_pkts;
	out->next = (const uint8_t *)d + d->hdr.bh1.offset_to_first_pkt;
	return true;
}

/* Another core has just written them. Only the frame before gives a frame's
 * place, but media frames mostly have the same length. */
static void ask_ahead(const uint8_t *frame, uint32_t length)
{
	const uint8_t *guess = frame + AHEAD * (size_t)length;

	for (uint32_t i = 0; i < length; i += 64)
		__builtin_prefetch(guess + i);
}

bool relay_ring_block_next(const relay_ringsock *s, relay_ring_block *b,
			   relay_ring_frame *out)
{
	const struct tpacket3_hdr *h = (const void *)b->next;
	const struct sockaddr_ll *from =
		(const void *)(b->next + SLL_AT);

	if (!b->left)
		return false;
	b->left--;
	if (b->left >= AHEAD && h->tp_next_offset <= ASK_MAX)
		ask_ahead(b->next, h->tp_next_offset);
	out->bytes = span_of(b->next + h->tp_mac, h->tp_snaplen);
	out->wall = (int64_t)h->tp_sec * CLK_NS_PER_S + h->tp_nsec;
	out->copy = from->sll_ifindex == s->place.lo &&
		    from->sll_pkttype == PACKET_OUTGOING;
	b->next += h->tp_next_offset;
	return true;
}

void relay_ringsock_release(const relay_ringsock *s, uint64_t number)
{
	__atomic_store_n(&desc(s, number)->hdr.bh1.block_status,
			 TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

void relay_ringsock_release_to(const relay_ringsock *s, uint64_t number)
{
	uint64_t n = number < s->place.blocks ? number : s->place.blocks;

	for (uint64_t k = number - n + 1; k <= number; k++) {
		struct tpacket_block_desc *d = desc(s, k);

		if (is_ours(d) && d->hdr.bh1.seq_num == k)
			relay_ringsock_release(s, k);
	}
}
