/* ahead.h - pages made resident before their owner gets there.
 *
 * The first touch of a huge page is 3 to 5 ms of a virtual machine's time and 0.1 ms of a bare
 * one's. In a packet thread that is a full ring, so one helper thread of the process touches what
 * pools and tables will grow into.
 */
#ifndef WEIR_BASE_AHEAD_H
#define WEIR_BASE_AHEAD_H

#include <stddef.h>

/* Asks for memory, of mem_reserve(), to be made resident soon; starts the helper when it is the
 * first. The bytes stay as they are, and their owner may use them meanwhile. What cannot be asked
 * for is left to the owner's own first touch. Any thread, without waiting for the helper. */
void ahead_touch(void *memory, size_t size);

/* Must be called before the memory is given back: returns when the helper is out of it and will not
 * return. Any thread; waits for one page at most. */
void ahead_forget(const void *memory, size_t size);

#endif
