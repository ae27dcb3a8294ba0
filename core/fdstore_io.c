#include "core/fdstore.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/span.h"

enum {
	FIRST = 3,		/* SD_LISTEN_FDS_START */
	GIVEN_MAX = 64,
	PATIENCE_S = 1,
};

struct fdstore {
	int notify;		/* -1: nobody keeps anything */
	struct sockaddr_un manager;
	socklen_t manager_len;
	char **names;		/* of the descriptors from FIRST on */
	unsigned n;
	GHashTable *kept;	/* names that the manager knows */
	bool taken[GIVEN_MAX];
};

static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
	return text && span_number(span_str(text), max, out);
}

/* How many descriptors are meant for this very process. */
static unsigned given(void)
{
	uint64_t pid, n;

	if (!read_number(getenv("LISTEN_PID"), INT32_MAX, &pid) ||
	    (pid_t)pid != getpid() ||
	    !read_number(getenv("LISTEN_FDS"), GIVEN_MAX, &n))
		return 0;
	return (unsigned)n;
}

/* "@" is written for the zero at the beginning of an abstract name. */
static bool address_of(const char *text, struct sockaddr_un *a, socklen_t *len)
{
	size_t n = text ? strlen(text) : 0;

	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n < 2 || n >= sizeof(a->sun_path) ||
	    (*text != '@' && *text != '/'))
		return false;
	memcpy(a->sun_path, text, n);
	if (*text == '@')
		a->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return true;
}

static bool reach(const fdstore *s)
{
	return connect(s->notify, (const struct sockaddr *)&s->manager,
		       s->manager_len) == 0;
}

/* A manager that does not read must not stop us. */
static void find_manager(fdstore *s, const char *text)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	s->notify = -1;
	if (!address_of(text, &s->manager, &s->manager_len))
		return;
	s->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->notify >= 0 &&
	    (setsockopt(s->notify, SOL_SOCKET, SO_SNDTIMEO, &patience,
			sizeof(patience)) < 0 || !reach(s))) {
		close(s->notify);
		s->notify = -1;
	}
}

fdstore *fdstore_open(void)
{
	const char *names = getenv("LISTEN_FDNAMES");
	fdstore *s = g_new0(fdstore, 1);

	s->n = given();
	s->names = g_strsplit(names ? names : "", ":", -1);
	find_manager(s, getenv("NOTIFY_SOCKET"));
	s->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (unsigned i = 0; i < s->n && s->names[i]; i++) {
		g_hash_table_add(s->kept, g_strdup(s->names[i]));
		if (fcntl(FIRST + (int)i, F_SETFD, FD_CLOEXEC) < 0)
			s->taken[i] = true;	/* there is none */
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	unsetenv("NOTIFY_SOCKET");
	return s;
}

int fdstore_take(fdstore *s, const char *name)
{
	for (unsigned i = 0; i < s->n && s->names[i]; i++) {
		if (s->taken[i] || strcmp(s->names[i], name))
			continue;
		s->taken[i] = true;
		return FIRST + (int)i;
	}
	return -1;
}

int fdstore_take_next(fdstore *s, const char **name)
{
	for (unsigned i = 0; i < s->n && s->names[i]; i++) {
		if (s->taken[i])
			continue;
		*name = s->names[i];
		return fdstore_take(s, *name);
	}
	return -1;
}

static bool say(const fdstore *s, const char *text, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec v = {(void *)(uintptr_t)text, strlen(text)};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control.room);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	}
	if (s->notify < 0)
		return false;
	if (sendmsg(s->notify, &m, MSG_NOSIGNAL) >= 0)
		return true;
	/* A manager that was restarted has a new socket of the same name. */
	return (errno == ECONNREFUSED || errno == ENOTCONN) && reach(s) &&
	       sendmsg(s->notify, &m, MSG_NOSIGNAL) >= 0;
}

/* The manager would poll a socket and drop it when its interface goes down. */
bool fdstore_keep(fdstore *s, const char *name, int fd)
{
	g_autofree char *text = g_strdup_printf(
			"FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);

	if (!say(s, text, fd))
		return false;
	g_hash_table_add(s->kept, g_strdup(name));
	return true;
}

static void tell_forget(const fdstore *s, const char *name)
{
	g_autofree char *text = g_strdup_printf(
			"FDSTOREREMOVE=1\nFDNAME=%s", name);

	/* Where this fails the manager is gone, and its copies with it. */
	if (!say(s, text, -1))
		g_debug("%s: no service manager listens", name);
}

void fdstore_forget(fdstore *s, const char *name)
{
	if (!g_hash_table_contains(s->kept, name))
		return;
	tell_forget(s, name);
	g_hash_table_remove(s->kept, name);
}

static gboolean forget_each(void *name, void *value, void *store)
{
	(void)value;
	tell_forget(store, name);
	return TRUE;
}

void fdstore_forget_all(fdstore *s)
{
	g_hash_table_foreach_remove(s->kept, forget_each, s);
}

void fdstore_say(fdstore *s, const char *state)
{
	if (s->notify >= 0 && !say(s, state, -1))
		g_debug("%s: no service manager listens", state);
}

void fdstore_free(fdstore *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->n; i++)
		if (!s->taken[i])
			close(FIRST + (int)i);
	if (s->notify >= 0)
		close(s->notify);
	g_hash_table_unref(s->kept);
	g_strfreev(s->names);
	g_free(s);
}
