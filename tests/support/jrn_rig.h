/* jrn_rig.h - journal files in a directory of their own, with numbered
 * records. */
#pragma once
#include "core/journal_io.h"

/* Made; jrn_rig_remove() removes it with its files, and frees the name. */
char *jrn_rig_dir(void);
void jrn_rig_remove(char *dir);
/* A media file on this disk, NULL: the real one; a mistake ends the run. */
jrn_out *jrn_rig_open(const char *dir, jrn_keep keep, const jrn_disk *disk);
/* A record that holds its number, and has a length that depends on it. */
void jrn_rig_add(jrn_out *o, uint32_t number);
/* Reads what is there, expecting `next`, next + 1, ...: what comes next. */
uint32_t jrn_rig_read(const char *path, uint32_t next);
