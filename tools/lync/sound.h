/* sound.h - where a call of libpurple's gets its sound from, and where it goes.
 * One phone a process. */
#pragma once
#include <glib.h>
#include <stdbool.h>

/* A call finds no sound; the reason is lent. */
typedef void sound_trouble(void *user, const char *why);

/* `play` is a WAV that every call says, NULL for silence; it must live as long.
 * `heard` is the one to write, or NULL. */
bool sound_open(const char *play, const char *heard, sound_trouble *trouble,
		void *user, GError **err);
/* The elements that libpurple builds calls with. */
void sound_offer(void);
/* What comes later is not written. */
void sound_close(void);
/* Seconds so far. */
double sound_heard(void);
