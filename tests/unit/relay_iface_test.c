/* Several interfaces at once, one of which goes down and comes back, and is
 * then removed and made anew: what is sent while it is up is in the journal,
 * with the kernel's rings and with libpcap. Needs root. */
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay_capture/balance.h"
#include "relay_capture/rings.h"
#include "tests/support/live_rig.h"
#include "tests/support/relay_rig.h"

enum {
	EACH = 50,		/* packets of each phase */
	QUIET_MS = 150,
	TOLD_MS = 600,		/* it is looked at each 500 ms */
	RTP = 172,
	COPIES = 5,
	STRAYS = 7,
};

static void run(const char *command)
{
	g_assert_cmpint(system(command), ==, 0);
}

static void make_pair(void)
{
	run("ip link add v0 type veth peer name v1");
	run("ip link set v0 up && ip link set v1 up");
}

/* The caller's packet, as a frame on the other end of the pair. */
static void send_frame(uint32_t number, uint16_t port)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex("v0")};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	uint8_t buf[14 + 20 + 8 + RTP] = {0};
	put o = put_into(buf, sizeof(buf));
	int on = 1;

	/* The queue of an interface that has just come up throws away. */
	g_assert_cmpint(setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on,
				   sizeof(on)), ==, 0);
	o.n = 12;
	put_u16(&o, ETH_P_IP);
	put_u16(&o, 0x4500);
	put_u16(&o, 20 + 8 + RTP);
	put_u32(&o, 0);
	put_u32(&o, 0x40110000);
	put_u32(&o, INADDR_LOOPBACK);
	put_u32(&o, INADDR_LOOPBACK);
	put_u16(&o, (uint16_t)(port - 2));
	put_u16(&o, port);
	put_u32(&o, (8 + RTP) << 16);
	put_u16(&o, 0x8000);
	put_u16(&o, (uint16_t)number);
	put_u32(&o, number);
	put_u32(&o, 7);
	g_assert_cmpint(sendto(fd, buf, sizeof(buf), 0, (struct sockaddr *)&to,
			       sizeof(to)), ==, sizeof(buf));
	close(fd);
}

/* Every other packet comes on lo. */
static void send_phase(int lo, uint32_t *number)
{
	for (int i = 0; i < EACH; i++) {
		if (i % 2)
			live_rig_send(lo, (*number)++);
		else
			send_frame((*number)++, 5004);
	}
	g_usleep(QUIET_MS * 1000);
}

/* What is not written, all of it on v1: copies, and what nobody claims. */
static void send_others(relay_live *l, uint32_t number)
{
	relay_live_stats s = {0};

	for (uint32_t i = 0; i < COPIES; i++)
		send_frame(number - 2 * (i + 1), 5004);
	for (uint32_t i = 0; i < STRAYS; i++)
		send_frame(i, 6004);
	for (int i = 0; i < 1000 && s.count[RELAY_EXPIRED] < 2 * STRAYS; i++) {
		g_usleep(20000);
		relay_live_stats_get(l, &s);
	}
}

static bool told_of(relay_live *l, const char *what)
{
	for (int i = 0; i < 100; i++) {
		g_autofree char *text = relay_live_trouble(l);

		if (text && strstr(text, what))
			return true;
		g_usleep(20000);
	}
	return false;
}

/* So it can be an alarm for as long as it lasts, and no longer. */
static void check_told(relay_live *l, bool down)
{
	int told = 0;

	g_free(relay_live_trouble(l));
	for (int i = 0; i < 5; i++) {
		g_autofree char *text = NULL;

		g_usleep(TOLD_MS * 1000);
		text = relay_live_trouble(l);
		told += text && strstr(text, "v1: is down");
	}
	g_assert_cmpint(told >= 2, ==, down);
	if (!down)
		g_assert_cmpint(told, <=, 1);
}

/* With rings the supervisor looks after them; libpcap's are opened again. */
static void await_back(relay_live *l, relay_rings *rings)
{
	if (rings)
		relay_rings_tick(rings);
	else
		g_assert_true(told_of(l, "is back"));
}

/* Seen = written + filtered, by reason + dropped, by place; the ring is empty.
 * How many went to the journals. */
static uint64_t check_fates(const relay_iface_stats *f)
{
	const uint64_t *c = f->count;
	uint64_t fates = 0, later = f->held_died + c[RELAY_EXPIRED];

	for (int i = 0; i < RELAY_FRAME_COUNTERS; i++)
		fates += c[i];
	for (int i = RELAY_LATE_STORED; i <= RELAY_LATE_NOT_RECORDED; i++)
		later += c[i];
	g_assert_cmpuint(f->seen, ==,
			 fates + f->copies + f->given_up + f->dropped);
	g_assert_cmpuint(c[RELAY_HELD] + c[RELAY_TCP_HELD], ==, later);
	return c[RELAY_STORED] + c[RELAY_TCP_STORED] + c[RELAY_LATE_STORED];
}

/* With libpcap, as it was told at the end. */
static void check_sums(relay_rings *rings, relay_live_stats s, uint32_t number)
{
	uint64_t frames = 0, written = 0;

	if (rings) {
		relay_rings_tick(rings);
		relay_rings_stats(rings, &s);
	}
	g_assert_cmpuint(s.n_ifaces, ==, 2);
	g_assert_cmpstr(s.iface[0].name, ==, "lo");
	g_assert_cmpstr(s.iface[1].name, ==, "v1");
	for (unsigned i = 0; i < 2; i++) {
		const relay_iface_stats *f = &s.iface[i];
		const uint64_t others = i ? COPIES + 2 * STRAYS : 0;

		g_assert_cmpuint(f->seen, ==, f->frames + f->copies);
		g_assert_cmpuint(f->frames, ==, number / 2 + others);
		g_assert_cmpuint(f->count[RELAY_STORED], ==, number / 2);
		frames += f->frames;
		written += check_fates(f);
		g_assert_cmpuint(f->stored, ==, number / 2);
		g_assert_cmpint(relay_balance_waiting(f), ==, 0);
	}
	g_assert_cmpuint(s.iface[1].count[RELAY_DUPLICATE], ==, COPIES);
	g_assert_cmpuint(s.iface[1].count[RELAY_HELD], ==, 2 * STRAYS);
	g_assert_cmpuint(s.iface[1].count[RELAY_EXPIRED], ==,
			 2 * STRAYS);
	g_assert_cmpuint(written, ==, s.stored + s.queue_dropped + s.disk_lost);
	g_assert_cmpuint(frames, ==, s.count[RELAY_FRAMES]);
	/* libpcap's filter keeps them away. */
	g_assert_cmpuint(s.iface[0].copies, ==, rings ? number / 2 : 0);
	g_assert_cmpuint(s.stored, ==, number);
	g_assert_cmpuint(s.kernel_dropped, ==, 0);
}

static void check_interfaces(bool with_rings)
{
	static const char *const names[] = {"lo", "v1", NULL};
	g_autofree char *spool = NULL, *dir = NULL;
	g_autoptr(GError) err = NULL;
	relay_live_config c;
	relay_live_stats last;
	uint32_t number = 0;
	relay_live *l;
	int to, from;

	if (live_rig_skip())
		return;
	make_pair();
	spool = g_dir_make_tmp("edgetape-iface-XXXXXX", NULL);
	dir = g_build_filename(spool, "one", NULL);
	to = live_rig_udp(5004);
	from = live_rig_udp(5002);
	relay_live_config_init(&c);
	c.interfaces = names;
	c.ring_bytes = c.queue_bytes = 8 << 20;
	c.writer.spool = spool;
	c.tap.preroll_ns = CLK_NS_PER_S;
	if (with_rings)
		c.rings = relay_rings_open(&c, &err);
	g_assert_no_error(err);
	l = live_rig_capture(&c);
	send_phase(from, &number);

	run("ip link set v1 down");
	g_assert_true(told_of(l, "v1"));
	check_told(l, true);
	run("ip link set v1 up");
	if (with_rings)
		relay_rings_tick(c.rings);
	send_phase(from, &number);
	check_told(l, false);

	/* What came right before it went is in the account as well. */
	for (int i = 0; i < STRAYS; i++)
		send_frame((uint32_t)i, 7004);
	run("ip link del v0");
	g_assert_true(told_of(l, "v1"));
	g_usleep(QUIET_MS * 1000);
	make_pair();
	await_back(l, c.rings);
	send_phase(from, &number);
	send_others(l, number);

	relay_live_stop(l);
	relay_live_stats_get(l, &last);
	relay_live_free(l);
	check_sums(c.rings, last, number);
	g_assert_cmpuint(number, ==, 3 * EACH);
	g_assert_cmpuint(live_rig_check(dir, number), ==, 0);
	relay_rings_free(c.rings);
	run("ip link del v0");
	live_rig_remove(spool);
	close(to);
	close(from);
}

static void test_rings(void)
{
	check_interfaces(true);
}

static void test_libpcap(void)
{
	check_interfaces(false);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	live_rig_namespace();
	live_rig_needs("ip link add v9 type veth peer name v8", "no veth here");
	g_test_add_func("/relay/iface/comes_back", test_rings);
	g_test_add_func("/relay/iface/comes_back/libpcap", test_libpcap);
	return g_test_run();
}
