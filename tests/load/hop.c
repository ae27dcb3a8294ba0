#include "tests/load/hop.h"

#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/load/rig.h"

enum { MOST = 65536 };

struct load_hop {
	int near, far;
	pthread_t peer;
};

static void pass_on(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = send(fd, p, n, MSG_NOSIGNAL);

		if (done <= 0)
			load_die("the peer has gone: %s", g_strerror(errno));
		p += done;
		n -= (size_t)done;
	}
}

static void *peer_run(void *user)
{
	load_hop *h = user;
	char buf[MOST];
	ssize_t n;

	while ((n = recv(h->far, buf, sizeof(buf), 0)) > 0)
		pass_on(h->far, buf, (size_t)n);
	return NULL;
}

static void join(load_hop *h)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	h->near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(door, (struct sockaddr *)&a, len) || listen(door, 1) ||
	    getsockname(door, (struct sockaddr *)&a, &len) ||
	    connect(h->near, (struct sockaddr *)&a, len))
		load_die("loopback: %s", g_strerror(errno));
	h->far = accept4(door, NULL, NULL, SOCK_CLOEXEC);
	if (h->far < 0)
		load_die("loopback: %s", g_strerror(errno));
	setsockopt(h->near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(h->far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	close(door);
}

load_hop *load_hop_new(void)
{
	load_hop *h = g_new0(load_hop, 1);

	join(h);
	pthread_create(&h->peer, NULL, peer_run, h);
	return h;
}

void load_hop_pass(load_hop *h, const char *message)
{
	size_t left = strlen(message);
	char buf[MOST];

	pass_on(h->near, message, left);
	while (left) {
		ssize_t n = recv(h->near, buf, MIN(left, sizeof(buf)), 0);

		if (n <= 0)
			load_die("the peer has gone: %s", g_strerror(errno));
		left -= (size_t)n;
	}
}

void load_hop_free(load_hop *h)
{
	shutdown(h->near, SHUT_RDWR);
	pthread_join(h->peer, NULL);
	close(h->near);
	close(h->far);
	g_free(h);
}
