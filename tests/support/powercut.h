/* powercut.h - what a disk may hold after the power failed: a log of what a
 * program did to the files of one directory, and the states that are legal at
 * each instant of it. What was synced is there. Of what was written after it
 * each page of 4 KiB, or each sector of 512 octets, may be as at any moment
 * since, and the length too; what a length covers and no write reached is zero.
 * Names follow in their order up to any of them. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct powercut powercut;

/* What is in the directory now is on the disk. */
powercut *powercut_new(const char *dir);
/* Removes no file. NULL is fine. */
void powercut_free(powercut *p);

/* To be told after the fact, of any descriptor and path: what is outside the
 * directory is passed over. */
void powercut_named(powercut *p, int fd, const char *path);
void powercut_written(powercut *p, int fd, const void *data, size_t n,
		      uint64_t at);
void powercut_cut(powercut *p, int fd, uint64_t size);
void powercut_renamed(powercut *p, const char *from, const char *to);
/* Of a file or of the directory. */
void powercut_synced(powercut *p, int fd);
void powercut_synced_all(powercut *p);

/* How many events there have been: the instants to choose from. */
guint powercut_events(const powercut *p);
/* A planted fault: syncs are told of and do nothing. */
typedef enum powercut_deaf {
	POWERCUT_HEARS,
	POWERCUT_NO_FILE,	/* fdatasync() of a file */
	POWERCUT_NO_ALL,	/* syncfs() */
} powercut_deaf;
void powercut_plant(powercut *p, powercut_deaf fault);
/* Writes a state in which the disk may be when the power fails after so many
 * events into a directory that is there and empty. The same seed, the same
 * state. */
void powercut_state(const powercut *p, guint events, uint32_t seed,
		    const char *to);
