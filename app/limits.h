/* limits.h - what a process that runs codec libraries may use up. A library
 * that wants more than that dies like one that crashes. */
#pragma once

/* From now on this process and its children get half of the machine's memory
 * beyond what they have, each. */
void limits_memory(void);

/* SIGXCPU ends the process when it uses `seconds` of processor time from now on
 * without another call of this; 0: never. Three system calls. */
void limits_time(unsigned seconds);
