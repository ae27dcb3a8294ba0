/* live_rig.h - for the tests of live capture: a network namespace of the
 * process's own, one call on its loopback, and who speaks in it. Each packet
 * carries its number as timestamp. */
#pragma once
#include "relay_capture/source.h"

/* The loopback of a namespace that ends with the process. Needs root. */
void live_rig_namespace(void);
/* Runs a command that the tests need; one that fails is why they skip, as is a
 * namespace that could not be. */
void live_rig_needs(const char *command, const char *otherwise);
/* Skips the running test, if it has to be. */
bool live_rig_skip(void);

/* A socket on 127.0.0.1. */
int live_rig_udp(uint16_t port);
/* The caller's packet `number`, from his socket on port 5002 to 5004. */
void live_rig_send(int fd, uint32_t number);
/* The same to another port. */
void live_rig_send_to(int fd, uint32_t number, uint16_t port);
/* The call "one" between these two ports. */
void live_rig_arm(relay_live *l);
/* Capture by `c`, armed and started. */
relay_live *live_rig_capture(const relay_live_config *c);

/* A process that sends some thousand packets a second. */
typedef struct live_sender {
	pid_t pid;
	int go, back;
} live_sender;

void live_sender_start(live_sender *s);
/* How many it has sent. */
uint32_t live_sender_stop(live_sender *s);

/* A process that captures the call; it dies with the one that started it. */
typedef struct live_worker {
	pid_t pid;
	int stop;
} live_worker;

/* A sender that was started before must be told: NULL where there is none. */
live_worker live_worker_start(const relay_live_config *c,
			      const live_sender *sender);
/* In order, and it must have ended well. */
void live_worker_end(live_worker *w);
void live_worker_kill(live_worker *w);

/* How often each of the `n` packets stands in the journals of `dir`. */
void live_rig_count(const char *dir, uint8_t *seen, uint32_t n);
/* Each of the `n` is there; how many are there more than once. */
uint32_t live_rig_check(const char *dir, uint32_t n);
void live_rig_remove(const char *dir);
