/* card.h - packets lost by an interface's network card: the kernel never saw
 * them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { RELAY_CARD_FILES = 2 };

typedef struct relay_card {
	int fd[RELAY_CARD_FILES];	/* -1: not told */
	uint64_t last;
} relay_card;

#define RELAY_CARD_NONE {{-1, -1}, 0}	/* not opened, or closed */

/* `dir` has the interface's statistics; NULL: where the kernel keeps them.
 * Opens what a confined process could not. */
void relay_card_open(relay_card *c, const char *name, const char *dir);
/* Packets lost since the last call, or since it was opened. */
uint64_t relay_card_lost(relay_card *c);
void relay_card_close(relay_card *c);
