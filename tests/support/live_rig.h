/* live_rig.h - for the tests of live capture: a network namespace of the
 * process's own, one call on its loopback, and who speaks in it. Each packet
 * carries its number as timestamp. */
#pragma once
#include "relay_capture/source.h"

/* The loopback of a namespace that ends with the process. Needs root; NULL, or
 * why it cannot be. */
const char *live_rig_namespace(void);

/* A socket on 127.0.0.1. */
int live_rig_udp(uint16_t port);
/* The caller's packet `number`, from his socket on port 5002 to 5004. */
void live_rig_send(int fd, uint32_t number);
/* The same to another port. */
void live_rig_send_to(int fd, uint32_t number, uint16_t port);
/* The call "one" between these two ports. */
void live_rig_arm(relay_live *l);

/* A process that sends some thousand packets a second. */
typedef struct live_sender {
	pid_t pid;
	int go, back;
} live_sender;

void live_sender_start(live_sender *s);
/* How many it has sent. */
uint32_t live_sender_stop(live_sender *s);

/* How often each of the `n` packets stands in the journals of `dir`. */
void live_rig_count(const char *dir, uint8_t *seen, uint32_t n);
/* Each of the `n` is there; how many are there more than once. */
uint32_t live_rig_check(const char *dir, uint32_t n);
void live_rig_remove(const char *dir);
