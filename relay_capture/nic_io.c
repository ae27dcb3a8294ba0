#include "relay_capture/nic.h"

#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

#include "core/span.h"

/* No buffer of the card's was free; its queue was full. */
static const char *const files[RELAY_NIC_FILES] = {
	"rx_missed_errors", "rx_fifo_errors",
};

static uint64_t read_number(int fd)
{
	uint8_t text[32];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text), 0);
	uint64_t v = 0;
	span in;

	if (n <= 0)
		return 0;
	in = span_of(text, (size_t)n);
	return span_decimal(&in, UINT64_MAX, &v) ? v : 0;
}

static uint64_t read_all(const relay_nic *n)
{
	uint64_t sum = 0;

	for (int i = 0; i < RELAY_NIC_FILES; i++)
		sum += read_number(n->fd[i]);
	return sum;
}

void relay_nic_open(relay_nic *n, const char *name, const char *dir)
{
	g_autofree char *own = g_strdup_printf("/sys/class/net/%s/statistics",
					       name);

	for (int i = 0; i < RELAY_NIC_FILES; i++) {
		g_autofree char *path = g_build_filename(dir ? dir : own,
							 files[i], NULL);

		n->fd[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
	n->last = read_all(n);
}

/* The counters of an interface that was made anew begin again, and are not
 * those of the files. */
uint64_t relay_nic_lost(relay_nic *n)
{
	uint64_t now = read_all(n), lost = now > n->last ? now - n->last : 0;

	n->last = now;
	return lost;
}

void relay_nic_close(relay_nic *n)
{
	for (int i = 0; i < RELAY_NIC_FILES; i++)
		if (n->fd[i] >= 0)
			close(n->fd[i]);
	*n = (relay_nic)RELAY_NIC_NONE;
}
