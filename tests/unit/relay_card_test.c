/* What a card says that it lost, from files like those of sysfs. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "relay_capture/card.h"
#include "tests/support/live_rig.h"

static void put_number(const char *dir, const char *file, unsigned n)
{
	g_autofree char *path = g_build_filename(dir, file, NULL);
	g_autofree char *text = g_strdup_printf("%u\n", n);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	g_assert_cmpint(write(fd, text, strlen(text)), ==,
			(ssize_t)strlen(text));
	close(fd);
}

static void test_lost(void)
{
	g_autofree char *dir = g_dir_make_tmp("edgetape-card-XXXXXX", NULL);
	relay_card c;

	put_number(dir, "rx_missed_errors", 1000);
	relay_card_open(&c, "any", dir);
	g_assert_cmpuint(relay_card_lost(&c), ==, 0);
	put_number(dir, "rx_missed_errors", 1007);
	g_assert_cmpuint(relay_card_lost(&c), ==, 7);
	g_assert_cmpuint(relay_card_lost(&c), ==, 0);
	/* The interface was made anew. */
	put_number(dir, "rx_missed_errors", 2);
	g_assert_cmpuint(relay_card_lost(&c), ==, 0);
	put_number(dir, "rx_missed_errors", 5);
	g_assert_cmpuint(relay_card_lost(&c), ==, 3);
	relay_card_close(&c);
	put_number(dir, "rx_fifo_errors", 40);
	relay_card_open(&c, "any", dir);
	put_number(dir, "rx_fifo_errors", 42);
	put_number(dir, "rx_missed_errors", 6);
	g_assert_cmpuint(relay_card_lost(&c), ==, 3);
	relay_card_close(&c);
	relay_card_open(&c, "no such", NULL);
	g_assert_cmpuint(relay_card_lost(&c), ==, 0);
	relay_card_close(&c);
	live_rig_remove(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/card/lost", test_lost);
	return g_test_run();
}
