/* nic.h - packets that an interface's card lost: the kernel did not see them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { RELAY_NIC_FILES = 2 };

typedef struct relay_nic {
	int fd[RELAY_NIC_FILES];	/* -1: not told */
	uint64_t last;
} relay_nic;

#define RELAY_NIC_NONE {{-1, -1}, 0}	/* not opened, or closed */

/* `dir` has the interface's statistics; NULL: where the kernel has them. Opens
 * what a confined process cannot. */
void relay_nic_open(relay_nic *n, const char *name, const char *dir);
/* Lost since the last call, or since it was opened. */
uint64_t relay_nic_lost(relay_nic *n);
void relay_nic_close(relay_nic *n);
