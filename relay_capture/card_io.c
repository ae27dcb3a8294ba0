#include "relay_capture/card.h"

#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

#include "core/span.h"

/* No buffer of the card's was free; its queue was full. */
static const char *const files[RELAY_CARD_FILES] = {
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

static uint64_t read_all(const relay_card *c)
{
	uint64_t sum = 0;

	for (int i = 0; i < RELAY_CARD_FILES; i++)
		sum += read_number(c->fd[i]);
	return sum;
}

void relay_card_open(relay_card *c, const char *name, const char *dir)
{
	g_autofree char *own = g_strdup_printf("/sys/class/net/%s/statistics",
					       name);

	for (int i = 0; i < RELAY_CARD_FILES; i++) {
		g_autofree char *path = g_build_filename(dir ? dir : own,
							 files[i], NULL);

		c->fd[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
	c->last = read_all(c);
}

/* An interface that was created anew counts from zero again, and not in the
 * files opened before. */
uint64_t relay_card_lost(relay_card *c)
{
	uint64_t now = read_all(c), lost = now > c->last ? now - c->last : 0;

	c->last = now;
	return lost;
}

void relay_card_close(relay_card *c)
{
	for (int i = 0; i < RELAY_CARD_FILES; i++)
		if (c->fd[i] >= 0)
			close(c->fd[i]);
	*c = (relay_card)RELAY_CARD_NONE;
}
