#include "relay_capture/ifaces.h"

#include <net/if.h>
#include <pcap/pcap.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>

#include "relay_capture/filter.h"
#include "relay_capture/frame.h"

enum {
	BATCH = 1024,		/* frames of one interface in a row */
	READ_MS = 20,		/* the kernel hands a block over that late */
	REOPEN_NS = CLK_NS_PER_S,
};

typedef struct iface {
	relay_ifaces *all;
	char *name;
	pcap_t *pcap;		/* NULL while it is down */
	int link;
	clk_mono retry;		/* when it is down */
	struct pcap_stat last;
	clk_mono counted;	/* when that was */
	_Atomic uint64_t seen, dropped, frames;
} iface;

struct relay_ifaces {
	relay_live_config conf;	/* its `interfaces` are gone */
	iface iface[RELAY_IFACES_MAX];
	unsigned n;
	char *trouble;
	relay_tap *tap;			/* of the batch */
	int64_t mono_less_wall;		/* of the batch */
	_Atomic uint64_t nic;
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

static bool set_filter(iface *i, pcap_t *p, GError **err)
{
	const relay_live_config *c = &i->all->conf;
	g_autofree char *text = c->filter ? g_strdup(c->filter) :
		relay_filter_text(c, pcap_datalink(p) == DLT_EN10MB);
	struct bpf_program code;
	bool ok;

	if (pcap_compile(p, &code, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return fail(err, RELAY_ERROR_FILTER, i, pcap_geterr(p));
	ok = pcap_setfilter(p, &code) == 0;
	pcap_freecode(&code);
	return ok || fail(err, RELAY_ERROR_FILTER, i, pcap_geterr(p));
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
	return true;
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

static void add(_Atomic uint64_t *to, uint64_t n)
{
	atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static void on_frame(u_char *user, const struct pcap_pkthdr *h,
		     const u_char *bytes)
{
	iface *i = (iface *)(void *)user;
	/* With nanosecond precision tv_usec counts nanoseconds. */
	int64_t wall = h->ts.tv_sec * CLK_NS_PER_S + h->ts.tv_usec;
	clk_both at = {{wall + i->all->mono_less_wall}, {wall}};

	add(&i->frames, 1);
	relay_frame(i->all->tap, i->link, span_of(bytes, h->caplen), at);
}

/* The kernel's counters are 32 bits and wrap. */
static void take_counters(iface *i, relay_tap *tap, clk_both now)
{
	rec_loss loss = {.place = REC_LOSS_KERNEL, .from = i->counted,
			 .to = now.mono};
	struct pcap_stat s;

	if (!i->pcap || pcap_stats(i->pcap, &s) < 0)
		return;
	loss.packets = s.ps_drop - i->last.ps_drop;
	add(&i->seen, s.ps_recv - i->last.ps_recv);
	add(&i->dropped, loss.packets);
	add(&i->all->nic, s.ps_ifdrop - i->last.ps_ifdrop);
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
	for (unsigned k = 0; k < f->n; k++) {
		const iface *i = &f->iface[k];
		relay_iface_stats *s = &to->iface[to->n_ifaces++];

		g_strlcpy(s->name, i->name, sizeof(s->name));
		s->seen = atomic_load(&i->seen);
		s->dropped = atomic_load(&i->dropped);
		s->frames = atomic_load(&i->frames);
		to->kernel_seen += s->seen;
		to->kernel_dropped += s->dropped;
	}
	to->nic_dropped += atomic_load(&f->nic);
}

static void go_down(iface *i, relay_tap *tap, clk_both now)
{
	tell_trouble(i->all, i, pcap_geterr(i->pcap));
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

int relay_ifaces_read(relay_ifaces *f, relay_tap *tap, clk_both now)
{
	int all = 0;

	f->tap = tap;
	f->mono_less_wall = now.mono.ns - now.wall.ns;
	for (unsigned k = 0; k < f->n; k++) {
		iface *i = &f->iface[k];
		int n;

		if (!i->pcap) {
			retry(i, now);
			continue;
		}
		relay_from(tap, k);
		n = pcap_dispatch(i->pcap, BATCH, on_frame,
				  (u_char *)(void *)i);
		if (n < 0)
			go_down(i, tap, now);
		else
			all += n;
	}
	return all;
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
