#include "tests/support/live_rig.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/relay_rig.h"

enum {
	BURST = 5,		/* packets each millisecond or so */
	SIZE = 182,		/* G.711 of 20 ms, SRTP */
};

/* Of the whole program: its tests share the namespace. */
static const char *why_not;

void live_rig_namespace(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	bool up;
	int fd;

	if (unshare(CLONE_NEWNET) < 0) {
		why_not = "no right to make a network namespace";
		return;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	up = ioctl(fd, SIOCSIFFLAGS, &ifr) == 0;
	close(fd);
	if (!up)
		why_not = "lo does not come up";
}

void live_rig_needs(const char *command, const char *otherwise)
{
	if (!why_not && system(command) != 0)
		why_not = otherwise;
}

bool live_rig_skip(void)
{
	if (why_not)
		g_test_skip(why_not);
	return why_not != NULL;
}

static struct sockaddr_in local(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

int live_rig_udp(uint16_t port)
{
	struct sockaddr_in a = local(port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, sizeof(a)), ==, 0);
	return fd;
}

void live_rig_send_to(int fd, uint32_t number, uint16_t port)
{
	struct sockaddr_in to = local(port);
	uint8_t buf[SIZE] = {0};
	put o = put_into(buf, sizeof(buf));

	put_u16(&o, 0x8000);
	put_u16(&o, (uint16_t)number);
	put_u32(&o, number);
	put_u32(&o, 7);
	g_assert_cmpint(sendto(fd, buf, sizeof(buf), 0, (struct sockaddr *)&to,
			       sizeof(to)), ==, sizeof(buf));
}

void live_rig_send(int fd, uint32_t number)
{
	live_rig_send_to(fd, number, 5004);
}

void live_rig_arm(relay_live *l)
{
	for (int side = 0; side < 2; side++) {
		call_half *h = rig_half((call_side)side, "", NULL);

		CALL_MEDIA(h, 0)->rtp = rig_addr(side ? "127.0.0.1:5004" :
						 "127.0.0.1:5002");
		g_assert_true(relay_live_arm_take(l, "one", h, clk_now()));
	}
}

relay_live *live_rig_capture(const relay_live_config *c)
{
	g_autoptr(GError) err = NULL;
	relay_live *l = relay_live_open(c, &err);

	g_assert_no_error(err);
	live_rig_arm(l);
	g_assert_true(relay_live_start(l, &err));
	return l;
}

static void send_until(int stop, int tell)
{
	struct pollfd p = {.fd = stop, .events = POLLIN};
	int fd = live_rig_udp(5002);
	uint32_t n = 0;

	do {
		for (int i = 0; i < BURST; i++)
			live_rig_send(fd, n++);
	} while (poll(&p, 1, 1) <= 0);
	_exit(write(tell, &n, sizeof(n)) != sizeof(n));
}

void live_sender_start(live_sender *s)
{
	int go[2], back[2];

	g_assert_cmpint(pipe2(go, O_CLOEXEC), ==, 0);
	g_assert_cmpint(pipe2(back, O_CLOEXEC), ==, 0);
	s->go = go[1];
	s->back = back[0];
	s->pid = fork();
	if (s->pid == 0) {
		close(go[1]);
		send_until(go[0], back[1]);
	}
	close(go[0]);
	close(back[1]);
}

uint32_t live_sender_stop(live_sender *s)
{
	uint32_t n = 0;
	int status;

	close(s->go);
	g_assert_cmpint(read(s->back, &n, sizeof(n)), ==, sizeof(n));
	close(s->back);
	g_assert_cmpint(waitpid(s->pid, &status, 0), ==, s->pid);
	g_assert_cmpint(status, ==, 0);
	return n;
}

live_worker live_worker_start(const relay_live_config *c,
			      const live_sender *sender)
{
	relay_live *l;
	int ends[2];
	char none;
	pid_t pid;

	g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
	pid = fork();
	if (pid != 0) {
		close(ends[0]);
		return (live_worker){pid, ends[1]};
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(ends[1]);
	if (sender)
		close(sender->go);
	l = live_rig_capture(c);
	while (read(ends[0], &none, 1) > 0)
		;
	relay_live_free(l);
	_exit(0);
}

void live_worker_end(live_worker *w)
{
	int status;

	close(w->stop);
	g_assert_cmpint(waitpid(w->pid, &status, 0), ==, w->pid);
	g_assert_cmpint(status, ==, 0);
}

void live_worker_kill(live_worker *w)
{
	g_assert_cmpint(kill(w->pid, SIGKILL), ==, 0);
	g_assert_cmpint(waitpid(w->pid, NULL, 0), ==, w->pid);
	close(w->stop);
}

static void count_file(const char *path, uint8_t *seen, uint32_t n)
{
	g_autoptr(jrn_in) in = jrn_in_open(path, NULL);
	uint32_t number = 0;
	jrn_rec rec;
	pkt p;

	while (jrn_in_next(in, &rec) == JRN_OK) {
		if (rec.type != JRN_PACKET)
			continue;
		g_assert_true(rec_packet_get(&rec, &p) &&
			      span_skip(&p.bytes, 4) &&
			      span_u32(&p.bytes, &number));
		g_assert_cmpuint(number, <, n);
		if (seen[number] < UINT8_MAX)
			seen[number]++;
	}
	g_assert_null(jrn_in_trouble(in));
}

void live_rig_count(const char *dir, uint8_t *seen, uint32_t n)
{
	g_autoptr(GPtrArray) files = jrn_files(dir, JRN_MEDIA, NULL);

	for (guint i = 0; files && i < files->len; i++)
		count_file(g_ptr_array_index(files, i), seen, n);
}

uint32_t live_rig_check(const char *dir, uint32_t n)
{
	g_autofree uint8_t *seen = g_malloc0(n);
	uint32_t lost = 0, twice = 0;

	live_rig_count(dir, seen, n);
	for (uint32_t i = 0; i < n; i++) {
		lost += !seen[i];
		twice += seen[i] > 1;
	}
	g_test_message("%u sent, %u lost, %u written more than once", n, lost,
		       twice);
	g_assert_cmpuint(lost, ==, 0);
	return twice;
}

void live_rig_remove(const char *dir)
{
	const char *argv[] = {"rm", "-rf", dir, NULL};

	g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL,
		     G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}
