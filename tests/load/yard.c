#include "tests/load/yard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void command(const char *line)
{
	if (system(line) != 0)
		load_die("failed: %s", line);
}

int load_yard_open(void)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET,
				.sll_protocol = htons(ETH_P_IP)};
	int out;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (unshare(CLONE_NEWNET) != 0) {
		printf("ok 1 - calls # SKIP a namespace needs root\n1..1\n");
		return -1;
	}
	command("ip link set lo up");
	command("ip link add gen0 type veth peer name edge0");
	command("ip link set gen0 up && ip link set edge0 up");
	a.sll_ifindex = (int)if_nametoindex("gen0");
	out = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (out < 0 || bind(out, (struct sockaddr *)&a, sizeof(a)) != 0)
		load_die("a packet socket: %s", g_strerror(errno));
	return out;
}

void load_yard_send(int out, const uint8_t *frame)
{
	if (send(out, frame, LOAD_FRAME, 0) < 0 && errno != ENOBUFS)
		load_die("sending: %s", g_strerror(errno));
}

cat_entry *load_yard_row(cat_db *db, unsigned call)
{
	g_autofree char *id = g_strdup_printf(
		"2625gB978a4930iCB76m429CtAF9Ab1909x%ux", call);

	return cat_ledger_get(db, id, NULL);
}

void load_score_say(load_score *t, bool ok, const char *what)
{
	t->bad += !ok;
	printf("%sok %u - %s\n", ok ? "" : "not ", ++t->tests, what);
}

pid_t load_yard_worker(pid_t role)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children",
						role, role);
	g_autofree char *text = NULL;
	pid_t child = 0;

	if (g_file_get_contents(path, &text, NULL, NULL))
		child = (pid_t)g_ascii_strtoll(text, NULL, 10);
	if (!child)
		load_die("no worker of process %d", role);
	return child;
}
