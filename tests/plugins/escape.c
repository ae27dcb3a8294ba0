/* A plug-in that takes SIREN and, where hostile bytes would have taken over a
 * codec, tries to get out: other people's files, the network, programs, other
 * processes. When something works it ends its process by SIGABRT. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include "decoder/plugin_api.h"

static uint32_t match(const edgetape_codec_format *f)
{
	return f->name[0] == 'S' && f->name[1] == 'I' ? 16000 : 0;
}

static void *open_state(const edgetape_codec_format *f)
{
	(void)f;
	return calloc(1, sizeof(unsigned));
}

static uint32_t ticks(void *state, const uint8_t *payload, size_t len)
{
	(void)state;
	(void)payload;
	return (uint32_t)(len / 40 * 320);
}

/* 0: nothing worked. */
static int try_all(void)
{
	char *const argv[] = {(char *)"true", NULL};

	if (open("/etc/shadow", O_RDONLY) >= 0)
		return 1;
	if (open("/etc/edgetape-escaped", O_WRONLY | O_CREAT, 0600) >= 0)
		return 2;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		return 3;
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0)
		return 4;
	if (ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) >= 0)
		return 5;
	if (setuid(0) == 0)
		return 6;
	if (open("/proc/1/environ", O_RDONLY) >= 0)
		return 7;
	execv("/bin/true", argv);	/* were it to work, we would be gone */
	return 0;
}

static int decode(void *state, const uint8_t *payload, size_t len, int16_t *pcm,
		  size_t max)
{
	unsigned *packets = state;

	(void)payload;
	/* What works ends the process, in a way that is seen. */
	if (++*packets == 10 && try_all())
		abort();
	for (size_t i = 0; i < max; i++)
		pcm[i] = 0;
	return (int)(len / 40 * 320);
}

const edgetape_codec *edgetape_codec_plugin(void)
{
	static const edgetape_codec codec = {
		.abi = EDGETAPE_CODEC_ABI,
		.size = sizeof(codec),
		.name = "escape",
		.match = match,
		.open = open_state,
		.ticks = ticks,
		.decode = decode,
		.close = free,
	};

	return &codec;
}
