/* Descriptors given to a service manager and given back: the protocol octet by
 * octet on a socket of the test's own, and both sides with each other. */
#include "core/fdstore.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* A manager, as sd_notify(3) describes it. */
static int manager(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    strlen(path));

	memcpy(a.sun_path, path, strlen(path));
	if (*path == '@')
		a.sun_path[0] = '\0';
	else
		unlink(path);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, len), ==, 0);
	return fd;
}

/* One datagram; its descriptor, or -1. */
static int receive(int fd, char *text, size_t size)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec v = {text, size - 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control.room)};
	ssize_t n = recvmsg(fd, &m, 0);
	int got;

	text[n < 0 ? 0 : n] = '\0';
	if (n < 0 || !m.msg_controllen)
		return -1;
	memcpy(&got, CMSG_DATA(&control.head), sizeof(got));
	return got;
}

static int memory(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	g_assert_cmpint(pwrite(fd, text, strlen(text), 0), ==, strlen(text));
	return fd;
}

static void holds(int fd, const char *text)
{
	char got[32] = "";

	g_assert_cmpint(pread(fd, got, sizeof(got) - 1, 0), ==, strlen(text));
	g_assert_cmpstr(got, ==, text);
}

static void check_words(const char *address)
{
	int socket = manager(address), fd = memory("ring"), got;
	g_autoptr(fdstore) s = NULL;
	char text[256];

	setenv("NOTIFY_SOCKET", address, 1);
	s = fdstore_open();
	g_assert_null(getenv("NOTIFY_SOCKET"));
	g_assert_true(fdstore_keep(s, "eth0", fd));
	close(fd);
	got = receive(socket, text, sizeof(text));
	g_assert_cmpstr(text, ==, "FDSTORE=1\nFDNAME=eth0\nFDPOLL=0");
	holds(got, "ring");
	close(got);
	fdstore_forget_all(s);
	g_assert_cmpint(receive(socket, text, sizeof(text)), ==, -1);
	g_assert_cmpstr(text, ==, "FDSTOREREMOVE=1\nFDNAME=eth0");
	close(socket);
}

static void test_words(void)
{
	g_autofree char *dir = g_dir_make_tmp("edgetape-notify-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "notify", NULL);
	g_autofree char *name = g_strdup_printf("@edgetape-test-%d", getpid());

	check_words(path);
	check_words(name);
	unlink(path);
	rmdir(dir);
}

/* Without a manager nothing is kept, and nothing hangs. */
static void test_none(void)
{
	static const char *const bad[] = {"", "@", "relative", "/nowhere/x"};
	int fd = memory("x");

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(fdstore) s = NULL;

		setenv("NOTIFY_SOCKET", bad[i], 1);
		s = fdstore_open();
		g_assert_false(fdstore_keep(s, "a", fd));
		g_assert_cmpint(fdstore_take(s, "a"), ==, -1);
		fdstore_forget_all(s);
	}
	close(fd);
}

/* What is not meant for this process is not touched. */
static void test_stranger(void)
{
	g_autoptr(fdstore) s = NULL;
	g_autofree char *other = g_strdup_printf("%d", getpid() + 1);

	setenv("LISTEN_PID", other, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "a", 1);
	s = fdstore_open();
	g_assert_cmpint(fdstore_take(s, "a"), ==, -1);
	g_assert_null(getenv("LISTEN_FDS"));
}

/* The second life: what the first one gave, by name. */
static int second_life(void)
{
	g_autoptr(fdstore) s = fdstore_open();
	int a = fdstore_take(s, "a"), b = fdstore_take(s, "b");

	holds(a, "first");
	holds(b, "second");
	g_assert_cmpint(fcntl(a, F_GETFD), ==, FD_CLOEXEC);
	g_assert_cmpint(fdstore_take(s, "a"), ==, -1);
	fdstore_forget_all(s);
	return 0;
}

static pid_t start(fdkeeper *k, const char *life)
{
	char **env = fdkeeper_environment(k);
	char *argv[] = {(char *)"/proc/self/exe", (char *)(uintptr_t)life,
			NULL};
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	fdkeeper_hand_over(k);
	execve(argv[0], argv, env);
	_exit(99);
}

static int first_life(void)
{
	g_autoptr(fdstore) s = fdstore_open();
	int a = memory("first"), b = memory("second");

	g_assert_cmpint(fdstore_take(s, "a"), ==, -1);
	g_assert_true(fdstore_keep(s, "a", a) && fdstore_keep(s, "b", b));
	return 0;
}

static void wait_for(pid_t pid)
{
	int status;

	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

static void test_keeper(void)
{
	g_autoptr(fdkeeper) k = fdkeeper_new(NULL);
	pid_t pid;

	pid = start(k, "--first");
	wait_for(pid);
	fdkeeper_hear(k, pid);
	g_assert_cmpuint(fdkeeper_count(k), ==, 2);
	pid = start(k, "--second");
	wait_for(pid);
	fdkeeper_hear(k, pid);
	g_assert_cmpuint(fdkeeper_count(k), ==, 0);
}

/* A keeper under a manager hands on what it is given, says when it is to be
 * forgotten, and a keeper after it goes on with it. */
static void test_above(void)
{
	g_autofree char *name = g_strdup_printf("@edgetape-above-%d",
						getpid());
	int socket = manager(name), got;
	g_autoptr(fdstore) above = NULL;
	g_autoptr(fdkeeper) k = NULL;
	char text[256];
	pid_t pid;

	setenv("NOTIFY_SOCKET", name, 1);
	above = fdstore_open();
	fdstore_say(above, "READY=1");
	g_assert_cmpint(receive(socket, text, sizeof(text)), ==, -1);
	g_assert_cmpstr(text, ==, "READY=1");
	k = fdkeeper_new(above);
	pid = start(k, "--first");
	wait_for(pid);
	fdkeeper_hear(k, pid);
	got = receive(socket, text, sizeof(text));
	g_assert_cmpstr(text, ==, "FDSTORE=1\nFDNAME=a\nFDPOLL=0");
	holds(got, "first");
	close(got);
	got = receive(socket, text, sizeof(text));
	g_assert_cmpstr(text, ==, "FDSTORE=1\nFDNAME=b\nFDPOLL=0");
	holds(got, "second");
	close(got);

	pid = start(k, "--second");
	wait_for(pid);
	fdkeeper_hear(k, pid);
	for (int i = 0; i < 2; i++) {
		receive(socket, text, sizeof(text));
		g_assert_true(g_str_has_prefix(text, "FDSTOREREMOVE=1\n"));
	}
	g_assert_cmpuint(fdkeeper_count(k), ==, 0);
	close(socket);
}

/* In the third life the first one's descriptors come through two keepers. */
static int keeper_life(void)
{
	g_autoptr(fdstore) above = fdstore_open();
	g_autoptr(fdkeeper) k = fdkeeper_new(above);
	pid_t pid;

	g_assert_cmpuint(fdkeeper_count(k), ==, 2);
	pid = start(k, "--second");
	wait_for(pid);
	fdkeeper_hear(k, pid);
	g_assert_cmpuint(fdkeeper_count(k), ==, 0);
	return 0;
}

static void test_handed_on(void)
{
	g_autoptr(fdkeeper) k = fdkeeper_new(NULL);
	pid_t pid = start(k, "--first");

	wait_for(pid);
	fdkeeper_hear(k, pid);
	pid = start(k, "--keeper");
	wait_for(pid);
	fdkeeper_hear(k, pid);
	g_assert_cmpuint(fdkeeper_count(k), ==, 0);
}

/* A manager that was started anew listens at the same place. */
static void test_anew(void)
{
	g_autofree char *name = g_strdup_printf("@edgetape-anew-%d", getpid());
	int socket = manager(name), fd = memory("x"), got;
	g_autoptr(fdstore) s = NULL;
	char text[256];

	setenv("NOTIFY_SOCKET", name, 1);
	s = fdstore_open();
	close(socket);
	g_assert_false(fdstore_keep(s, "x", fd));
	socket = manager(name);
	g_assert_true(fdstore_keep(s, "x", fd));
	got = receive(socket, text, sizeof(text));
	holds(got, "x");
	close(got);
	close(socket);
	close(fd);
}

/* Another process cannot give, nor make the keeper forget. */
static void test_only_mine(void)
{
	g_autoptr(fdkeeper) k = fdkeeper_new(NULL);
	pid_t pid = start(k, "--first");

	wait_for(pid);
	fdkeeper_hear(k, pid + 1);
	g_assert_cmpuint(fdkeeper_count(k), ==, 0);
}

/* A manager that does not read costs a second, not the capture. */
static void test_deaf(void)
{
	int fd = memory("x"), heard = 0;
	g_autofree char *name = g_strdup_printf("@edgetape-deaf-%d", getpid());
	int socket = manager(name);
	g_autoptr(fdstore) s = NULL;

	setenv("NOTIFY_SOCKET", name, 1);
	s = fdstore_open();
	while (heard < 100000 && fdstore_keep(s, "x", fd))
		heard++;
	g_assert_cmpint(heard, >, 0);
	g_assert_cmpint(heard, <, 100000);
	close(socket);
	close(fd);
}

/* Of more than there is room for the rest is closed; what goes makes room. */
static void test_keeper_full(void)
{
	g_autoptr(fdkeeper) k = fdkeeper_new(NULL);
	char **env = fdkeeper_environment(k);
	const char *address = g_environ_getenv(env, "NOTIFY_SOCKET");
	const int fd = memory("x");
	g_autoptr(fdstore) s = NULL;
	char name[80];

	setenv("NOTIFY_SOCKET", address, 1);
	s = fdstore_open();
	for (int i = 0; i < 40; i++) {
		g_snprintf(name, sizeof(name), "f%d", i);
		g_assert_true(fdstore_keep(s, name, fd));
		fdkeeper_hear(k, getpid());
		g_assert_cmpuint(fdkeeper_count(k), ==, MIN(i + 1, 32));
	}
	fdstore_forget(s, "f31");
	fdkeeper_hear(k, getpid());
	g_assert_cmpuint(fdkeeper_count(k), ==, 31);
	fdstore_forget(s, "f32");	/* was never kept */
	memset(name, 'n', 64);
	name[64] = '\0';
	fdstore_keep(s, name, fd);	/* a name too long */
	fdkeeper_hear(k, getpid());
	g_assert_cmpuint(fdkeeper_count(k), ==, 31);
	name[63] = '\0';
	fdstore_keep(s, name, fd);
	fdkeeper_hear(k, getpid());
	g_assert_cmpuint(fdkeeper_count(k), ==, 32);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--first"))
		return first_life();
	if (argc == 2 && !strcmp(argv[1], "--second"))
		return second_life();
	if (argc == 2 && !strcmp(argv[1], "--keeper"))
		return keeper_life();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/fdstore/words", test_words);
	g_test_add_func("/core/fdstore/none", test_none);
	g_test_add_func("/core/fdstore/deaf", test_deaf);
	g_test_add_func("/core/fdstore/stranger", test_stranger);
	g_test_add_func("/core/fdstore/keeper", test_keeper);
	g_test_add_func("/core/fdstore/above", test_above);
	g_test_add_func("/core/fdstore/handed_on", test_handed_on);
	g_test_add_func("/core/fdstore/anew", test_anew);
	g_test_add_func("/core/fdstore/only_mine", test_only_mine);
	g_test_add_func("/core/fdstore/keeper-full", test_keeper_full);
	return g_test_run();
}
