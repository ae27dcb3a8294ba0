#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/fdstore.h"
#include "core/span.h"

enum {
	FIRST = 3,
	KEPT_MAX = 32,
	NAME_MAX_LEN = 64,
	ABOVE = FIRST + KEPT_MAX,	/* where they wait for the child */
};

#define NO_PID "0000000000"

typedef struct kept {
	char name[NAME_MAX_LEN];
	int fd;
} kept;

struct fdkeeper {
	int socket;
	fdstore *above;		/* NULL: none */
	kept kept[KEPT_MAX];
	unsigned n;
	char address[32];	/* NOTIFY_SOCKET=@..., found by the kernel */
	char **env;
	char *owner;		/* its LISTEN_PID=, which the child fills in */
};

/* An address that the kernel chooses: five digits behind a zero (unix(7)). */
static bool find_address(fdkeeper *k)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t len = offsetof(struct sockaddr_un, sun_path);

	if (bind(k->socket, (struct sockaddr *)&a, len) < 0)
		return false;
	len = sizeof(a);
	if (getsockname(k->socket, (struct sockaddr *)&a, &len) < 0)
		return false;
	snprintf(k->address, sizeof(k->address), "NOTIFY_SOCKET=@%.*s",
		 (int)(len - offsetof(struct sockaddr_un, sun_path)) - 1,
		 a.sun_path + 1);
	return true;
}

int fdkeeper_fd(const fdkeeper *k)
{
	return k->socket;
}

unsigned fdkeeper_count(const fdkeeper *k)
{
	return k->n;
}

static void forget(fdkeeper *k, span name)
{
	for (unsigned i = k->n; i-- > 0;) {
		if (!span_eq(name, k->kept[i].name))
			continue;
		if (k->above)
			fdstore_forget(k->above, k->kept[i].name);
		close(k->kept[i].fd);
		k->kept[i] = k->kept[--k->n];
	}
}

/* Takes `fd`. */
static bool keep(fdkeeper *k, span name, int fd)
{
	if (k->n == KEPT_MAX || name.left >= NAME_MAX_LEN) {
		close(fd);
		return false;
	}
	span_copy(name, k->kept[k->n].name, NAME_MAX_LEN);
	k->kept[k->n++].fd = fd;
	return true;
}

/* Without a manager above this is as far as they get. */
static void hand_up(const fdkeeper *k)
{
	const kept *last = &k->kept[k->n - 1];

	if (k->above && !fdstore_keep(k->above, last->name, last->fd))
		g_debug("%s: nobody above keeps it", last->name);
}

static void take_over(fdkeeper *k)
{
	const char *name;
	int fd;

	while (k->above && (fd = fdstore_take_next(k->above, &name)) >= 0)
		keep(k, span_str(name), fd);
}

/* Takes `fd`, which may be -1. */
static void obey(fdkeeper *k, span text, int fd)
{
	bool store = false, remove = false;
	span line, key, name = span_str("stored");

	while (span_line(&text, &line)) {
		if (!span_until(&line, '=', &key))
			continue;
		store |= span_eq(key, "FDSTORE") && span_eq(line, "1");
		remove |= span_eq(key, "FDSTOREREMOVE") && span_eq(line, "1");
		if (span_eq(key, "FDNAME"))
			name = line;
	}
	if (remove)
		forget(k, name);
	if (!store && fd >= 0)
		close(fd);
	else if (fd >= 0 && keep(k, name, fd))
		hand_up(k);
}

fdkeeper *fdkeeper_new(fdstore *above)
{
	g_autoptr(fdkeeper) k = g_new0(fdkeeper, 1);
	int on = 1;

	k->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			   0);
	if (k->socket < 0 ||
	    setsockopt(k->socket, SOL_SOCKET, SO_PASSCRED, &on,
		       sizeof(on)) < 0 ||
	    !find_address(k))
		return NULL;
	k->above = above;
	take_over(k);
	return g_steal_pointer(&k);
}

/* The descriptor that came with the message, or -1, and its sender. */
static int open_parcel(struct msghdr *m, pid_t *from)
{
	int fd = -1;

	*from = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct ucred who;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&fd, CMSG_DATA(c), sizeof(int));
		if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&who, CMSG_DATA(c), sizeof(who));
			*from = who.pid;
		}
	}
	return fd;
}

static bool hear_one(fdkeeper *k, pid_t pid)
{
	char text[512];
	/* Room for one descriptor: the kernel closes any other. */
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int)) +
			  CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec v = {text, sizeof(text)};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control.room)};
	ssize_t n = recvmsg(k->socket, &m, MSG_CMSG_CLOEXEC);
	pid_t from;
	int fd;

	if (n < 0)
		return false;
	fd = open_parcel(&m, &from);
	if (from == pid)
		obey(k, span_of(text, (size_t)n), fd);
	else if (fd >= 0)
		close(fd);
	return true;
}

void fdkeeper_hear(fdkeeper *k, pid_t pid)
{
	while (hear_one(k, pid))
		;
}

static char *names_line(const fdkeeper *k)
{
	GString *s = g_string_new("LISTEN_FDNAMES=");

	for (unsigned i = 0; i < k->n; i++)
		g_string_append_printf(s, "%s%s", i ? ":" : "",
				       k->kept[i].name);
	return g_string_free(s, FALSE);
}

char **fdkeeper_environment(fdkeeper *k)
{
	static const char *const ours[] = {"LISTEN_PID", "LISTEN_FDS",
					   "LISTEN_FDNAMES", "NOTIFY_SOCKET"};
	char **env = g_get_environ();
	GPtrArray *all = g_ptr_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(ours); i++)
		env = g_environ_unsetenv(env, ours[i]);
	for (char **e = env; *e; e++)
		g_ptr_array_add(all, *e);
	g_free(env);
	k->owner = g_strdup("LISTEN_PID=" NO_PID);
	g_ptr_array_add(all, g_strdup(k->address));
	g_ptr_array_add(all, names_line(k));
	g_ptr_array_add(all, g_strdup_printf("LISTEN_FDS=%u", k->n));
	g_ptr_array_add(all, k->owner);
	g_ptr_array_add(all, NULL);
	g_strfreev(k->env);
	k->env = (char **)g_ptr_array_free(all, FALSE);
	return k->env;
}

static void write_pid(char *to, unsigned long pid)
{
	size_t i = sizeof(NO_PID) - 1;

	while (i-- > 0) {
		to[i] = (char)('0' + pid % 10);
		pid /= 10;
	}
}

void fdkeeper_hand_over(fdkeeper *k)
{
	int high[KEPT_MAX];

	for (unsigned i = 0; i < k->n; i++)
		high[i] = fcntl(k->kept[i].fd, F_DUPFD_CLOEXEC, ABOVE);
	for (unsigned i = 0; i < k->n; i++)
		if (dup2(high[i], FIRST + (int)i) < 0)
			return;	/* nobody is told: it owns none */
	write_pid(k->owner + strlen("LISTEN_PID="), (unsigned long)getpid());
}

void fdkeeper_free(fdkeeper *k)
{
	if (!k)
		return;
	for (unsigned i = 0; i < k->n; i++)
		close(k->kept[i].fd);
	if (k->socket >= 0)
		close(k->socket);
	g_strfreev(k->env);
	g_free(k);
}
