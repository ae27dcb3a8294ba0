/* limits.h - limits for a process that runs codec libraries. A library that
 * exceeds them dies as if it had crashed. */
#pragma once

/* From now on this process and its children get half of the machine's memory
 * beyond what they have, each. */
void limits_memory(void);

/* SIGXCPU ends the process if it uses `seconds` of processor time from now on
 * before this is called again; 0: never. Three system calls. */
void limits_time(unsigned seconds);
