#include "relay_capture/ifaces.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "relay_capture/card.h"
#include "relay_capture/filter.h"
#include "relay_capture/frame.h"

enum {
	READ_MS = 20,		/* the kernel hands a block over that late */
	REOPEN_NS = CLK_NS_PER_S,
	NO_PROTOCOL = 0x88b5,	/* IEEE 802, local experiments */
	LAST_ROUNDS = 3,	/* of READ_MS: what the kernel has still */
};

typedef struct iface {
	relay_ifaces *all;
	char *name;
	pcap_t *pcap;		/* NULL while it is down */
	int link;
	clk_mono retry;		/* when it is down */
	struct pcap_stat last;
	clk_mono counted;	/* when that was */
	relay_card card;
	uint64_t seen, dropped, card_dropped;
} iface;

struct relay_ifaces {
	relay_live_config conf;	/* its `interfaces` are gone */
	iface iface[RELAY_IFACES_MAX];
	unsigned n;
	char *trouble;
	relay_tap *tap;			/* of the batch, both */
	relay_stamp *stamp;
	clk_both begun;
};

bool relay_iface_up(int fd, const char *name)
{
	struct ifreq r = {0};

	if (!strcmp(name, "any"))
		return true;
	g_strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
	return ioctl(fd, SIOCGIFFLAGS, &r) == 0 && r.ifr_flags & IFF_UP;
}

static bool fail(GError **err, relay_error code, const iface *i,
		 const char *why)
{
	g_set_error(err, RELAY_ERROR, (gint)code, "%s: %s", i->name, why);
	return false;
}

static const char *pcap_why(pcap_t *p, int status)
{
	const char *text = pcap_geterr(p);

	if (status == PCAP_ERROR_PERM_DENIED)
		return "no right to capture (CAP_NET_RAW)";
	return *text ? text : pcap_statustostr(status);
}

/* What crosses lo is seen twice, out and in; libpcap delivers one of the two
 * and does not report the other. */
static char *without_copies(const char *filter)
{
	unsigned lo = if_nametoindex("lo");

	if (!lo)
		return g_strdup(filter);
	return g_strdup_printf("not (outbound and ifindex %u) and (%s)", lo,
			       filter);
}

/* Not by libpcap, which would also filter by itself what is in the ring. */
static bool attach(pcap_t *p, const struct sock_fprog *prog)
{
	return setsockopt(pcap_fileno(p), SOL_SOCKET, SO_ATTACH_FILTER, prog,
			  sizeof(*prog)) == 0;
}

static bool set_filter(iface *i, pcap_t *p, GError **err)
{
	const relay_live_config *c = &i->all->conf;
	g_autofree char *plain = c->filter ? g_strdup(c->filter) :
		relay_filter_text(c, pcap_datalink(p) == DLT_EN10MB);
	g_autofree char *text = without_copies(plain);
	struct bpf_program code;
	struct sock_fprog prog;
	bool ok;

	if (pcap_compile(p, &code, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return fail(err, RELAY_ERROR_FILTER, i, pcap_geterr(p));
	prog.len = (unsigned short)code.bf_len;
	prog.filter = (struct sock_filter *)(void *)code.bf_insns;
	ok = attach(p, &prog);
	if (!ok)
		fail(err, RELAY_ERROR_FILTER, i, g_strerror(errno));
	pcap_freecode(&code);
	return ok;
}

/* Until here it has listened to a protocol that nobody speaks: what came before
 * the filter stood would be counted and not handed over. */
static bool listen_to_all(const iface *i, pcap_t *p, GError **err)
{
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = strcmp(i->name, "any") ?
				       (int)if_nametoindex(i->name) : 0,
	};

	return bind(pcap_fileno(p), (struct sockaddr *)&a, sizeof(a)) == 0 ||
	       fail(err, RELAY_ERROR_OPEN, i, g_strerror(errno));
}

static bool activate(iface *i, pcap_t *p, GError **err)
{
	char text[PCAP_ERRBUF_SIZE];
	int status;

	pcap_set_snaplen(p, 65535);
	pcap_set_promisc(p, 1);
	pcap_set_timeout(p, READ_MS);
	pcap_set_buffer_size(p, (int)MIN(i->all->conf.ring_bytes, INT32_MAX));
	pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	pcap_set_protocol_linux(p, NO_PROTOCOL);
	status = pcap_activate(p);
	if (status < 0)
		return fail(err, RELAY_ERROR_OPEN, i, pcap_why(p, status));
	if (!relay_link_known(pcap_datalink(p)))
		return fail(err, RELAY_ERROR_FORMAT, i,
			    "its link type is not supported");
	if (!set_filter(i, p, err))
		return false;
	if (pcap_setnonblock(p, 1, text) < 0)
		return fail(err, RELAY_ERROR_OPEN, i, text);
	return listen_to_all(i, p, err);
}

static bool iface_open(iface *i, GError **err)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(i->name, text);

	if (!p)
		return fail(err, RELAY_ERROR_OPEN, i, text);
	if (!activate(i, p, err)) {
		pcap_close(p);
		return false;
	}
	i->pcap = p;
	i->link = pcap_datalink(p);
	memset(&i->last, 0, sizeof(i->last));
	i->counted = clk_mono_now();
	return true;
}

static bool open_all(relay_ifaces *f, const char *const *names, GError **err)
{
	for (; names && *names; names++) {
		iface *i = &f->iface[f->n];

		if (f->n == RELAY_IFACES_MAX) {
			g_set_error(err, RELAY_ERROR, RELAY_ERROR_OPEN,
				    "more than %d interfaces",
				    RELAY_IFACES_MAX);
			return false;
		}
		f->n++;
		i->all = f;
		i->name = g_strdup(*names);
		relay_card_open(&i->card, i->name, NULL);
		if (!iface_open(i, err))
			return false;
	}
	if (f->n)
		return true;
	g_set_error(err, RELAY_ERROR, RELAY_ERROR_OPEN, "no interface given");
	return false;
}

relay_ifaces *relay_ifaces_open(const relay_live_config *c, GError **err)
{
	relay_ifaces *f = g_new0(relay_ifaces, 1);

	f->conf = *c;
	f->conf.interfaces = NULL;
	f->begun = clk_now();
	if (open_all(f, c->interfaces, err))
		return f;
	relay_ifaces_free(f);
	return NULL;
}

void relay_ifaces_free(relay_ifaces *f)
{
	if (!f)
		return;
	for (unsigned k = 0; k < f->n; k++) {
		if (f->iface[k].pcap)
			pcap_close(f->iface[k].pcap);
		relay_card_close(&f->iface[k].card);
		g_free(f->iface[k].name);
	}
	g_free(f->trouble);
	g_free(f);
}

static void tell_trouble(relay_ifaces *f, const iface *i, const char *what)
{
	g_free(f->trouble);
	f->trouble = g_strdup_printf("%s: %s", i->name, what);
}

char *relay_ifaces_trouble(relay_ifaces *f)
{
	return g_steal_pointer(&f->trouble);
}

static void on_frame(u_char *user, const struct pcap_pkthdr *h,
		     const u_char *bytes)
{
	iface *i = (iface *)(void *)user;
	/* With nanosecond precision tv_usec counts nanoseconds. */
	int64_t wall = h->ts.tv_sec * CLK_NS_PER_S + h->ts.tv_usec;

	if (relay_stamp_is_old(i->all->stamp, wall))
		relay_stamp_again(i->all->stamp, clk_now());
	relay_frame(i->all->tap, i->link, span_of(bytes, h->caplen),
		    relay_stamp_at(i->all->stamp, wall));
}

/* The kernel's counters are 32 bits and wrap. */
static void take_counters(iface *i, relay_tap *tap, clk_both now)
{
	rec_loss loss = {.place = REC_LOSS_KERNEL, .from = i->counted,
			 .to = now.mono};
	struct pcap_stat s;

	i->card_dropped += relay_card_lost(&i->card);
	if (!i->pcap || pcap_stats(i->pcap, &s) < 0)
		return;
	loss.packets = s.ps_drop - i->last.ps_drop;
	i->seen += s.ps_recv - i->last.ps_recv;
	i->dropped += loss.packets;
	i->last = s;
	i->counted = now.mono;
	if (loss.packets)
		relay_loss(tap, &loss, now);
}

void relay_ifaces_stats(relay_ifaces *f, relay_tap *tap, clk_both now)
{
	for (unsigned k = 0; k < f->n; k++) {
		iface *i = &f->iface[k];

		take_counters(i, tap, now);
		/* libpcap bears it in silence. */
		if (i->pcap && !relay_iface_up(pcap_fileno(i->pcap), i->name))
			tell_trouble(f, i, "is down");
	}
}

void relay_ifaces_add(const relay_ifaces *f, relay_live_stats *to)
{
	to->begun = f->begun;
	to->n_ifaces = f->n;
	for (unsigned k = 0; k < f->n; k++) {
		const iface *i = &f->iface[k];
		relay_iface_stats *s = &to->iface[k];

		g_strlcpy(s->name, i->name, sizeof(s->name));
		s->seen = i->seen;
		s->dropped = i->dropped;
		s->card_dropped = i->card_dropped;
		s->frames = s->count[RELAY_FRAMES];
	}
}

static int read_batch(iface *i)
{
	relay_from(i->all->tap, (unsigned)(i - i->all->iface));
	return pcap_dispatch(i->pcap, RELAY_BATCH, on_frame,
			     (u_char *)(void *)i);
}

/* What came before it went is still in the ring. */
static void go_down(iface *i, relay_tap *tap, clk_both now)
{
	tell_trouble(i->all, i, pcap_geterr(i->pcap));
	for (int k = 0; k < LAST_ROUNDS; k++) {
		poll(NULL, 0, READ_MS);
		while (read_batch(i) > 0)
			;
	}
	take_counters(i, tap, now);
	pcap_close(i->pcap);
	i->pcap = NULL;
	i->retry.ns = now.mono.ns + REOPEN_NS;
}

static void retry(iface *i, clk_both now)
{
	g_autoptr(GError) err = NULL;

	if (clk_since(now.mono, i->retry) < 0)
		return;
	i->retry.ns = now.mono.ns + REOPEN_NS;
	if (iface_open(i, &err)) {
		tell_trouble(i->all, i, "is back");
		return;
	}
	g_free(i->all->trouble);
	i->all->trouble = g_strdup(err->message);
}

int relay_ifaces_read(relay_ifaces *f, relay_tap *tap, relay_stamp *stamp)
{
	int all = 0;

	f->tap = tap;
	f->stamp = stamp;
	for (unsigned k = 0; k < f->n; k++) {
		iface *i = &f->iface[k];
		int n;

		if (!i->pcap) {
			retry(i, stamp->now);
			continue;
		}
		n = read_batch(i);
		if (n < 0)
			go_down(i, tap, stamp->now);
		else
			all += n;
	}
	return all;
}

void relay_ifaces_end(relay_ifaces *f)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog p = {1, &none};

	for (unsigned k = 0; k < f->n; k++)
		if (f->iface[k].pcap && !attach(f->iface[k].pcap, &p))
			tell_trouble(f, &f->iface[k], g_strerror(errno));
}

nfds_t relay_ifaces_poll(const relay_ifaces *f, struct pollfd *to)
{
	nfds_t n = 0;

	for (unsigned k = 0; k < f->n; k++)
		if (f->iface[k].pcap)
			to[n++] = (struct pollfd){
				.fd = pcap_get_selectable_fd(f->iface[k].pcap),
				.events = POLLIN};
	return n;
}
