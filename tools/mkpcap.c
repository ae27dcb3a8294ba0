/* mkpcap - makes captures of relayed calls from a text; see tests/support/
 * mkcall.h for its words. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/mkcall.h"

static void put_native(FILE *f, const uint32_t *v, size_t n)
{
	if (fwrite(v, sizeof(*v), n, f) != n)
		g_error("cannot write the capture");
}

static void on_frame(void *user, int link, span frame, int64_t ns)
{
	uint32_t head[4] = {(uint32_t)(ns / CLK_NS_PER_S),
			    (uint32_t)(ns % CLK_NS_PER_S),
			    (uint32_t)frame.left, (uint32_t)frame.left};

	(void)link;
	put_native(user, head, 4);
	if (fwrite(frame.p, 1, frame.left, user) != frame.left)
		g_error("cannot write the capture");
}

static int usage(FILE *to)
{
	fprintf(to, "usage: mkpcap CALL.TXT OUT.PCAP\n"
		    "Writes the calls that CALL.TXT describes as a pcap file "
		    "with nanoseconds.\nWords and defaults: calls 1, packets "
		    "250, size 172, every 20, rtcp 50, checks 4,\npath "
		    "channel, link ethernet, ip 4, mtu 0, loss 0, seed 1\n");
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	g_autoptr(GError) err = NULL;
	g_autofree char *text = NULL;
	mkcall m;
	FILE *f;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (argc != 3)
		return usage(stderr);
	if (!g_file_get_contents(argv[1], &text, NULL, &err) ||
	    !mkcall_parse(&m, text, &err)) {
		fprintf(stderr, "mkpcap: %s: %s\n", argv[1], err->message);
		return 1;
	}
	f = fopen(argv[2], "wb");
	if (!f) {
		fprintf(stderr, "mkpcap: %s: cannot be written\n", argv[2]);
		return 1;
	}
	put_native(f, (uint32_t[]){0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535,
				   (uint32_t)mkcall_link(&m)}, 6);
	mkcall_run(&m, on_frame, f);
	if (fclose(f)) {
		fprintf(stderr, "mkpcap: %s: not written whole\n", argv[2]);
		return 1;
	}
	return 0;
}
