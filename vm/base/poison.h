/*
 * Tells the address sanitizer which memory of the heap is free, so that it sees the use of a dead object. Without the
 * sanitizer these are nothing.
 */
#ifndef VIV_BASE_POISON_H
#define VIV_BASE_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define VIV_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VIV_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef VIV_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#define viv_poison(address, size) ASAN_POISON_MEMORY_REGION((address), (size))
#define viv_unpoison(address, size) ASAN_UNPOISON_MEMORY_REGION((address), (size))
#else
#define VIV_ADDRESS_SANITIZER 0
#define viv_poison(address, size) ((void)(address), (void)(size))
#define viv_unpoison(address, size) ((void)(address), (void)(size))
#endif

#endif
