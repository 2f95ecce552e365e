/*
 * Tells the address sanitizer which memory of the heap is free, so that it sees the use of a dead object. Without the
 * sanitizer these are nothing.
 */
#ifndef VIV_BASE_POISON_H
#define VIV_BASE_POISON_H

/* Of the whole program, not of the file: what is compiled without the sanitizer allocates for the others, too. */
#ifdef VIV_SANITIZE
#define VIV_ADDRESS_SANITIZER 1
#include <sanitizer/asan_interface.h>
#define viv_poison(address, size) __asan_poison_memory_region((address), (size))
#define viv_unpoison(address, size) __asan_unpoison_memory_region((address), (size))
#else
#define VIV_ADDRESS_SANITIZER 0
#define viv_poison(address, size) ((void)(address), (void)(size))
#define viv_unpoison(address, size) ((void)(address), (void)(size))
#endif

#endif
