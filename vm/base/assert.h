/*
 * Assertions. A broken invariant is a bug of the VM: it is reported with a sentence and the process aborts. Input never
 * reaches one (architecture, section 6). Any room may use this.
 *
 * viv_assert     cheap, on in every build.
 * viv_check      expensive, on where VIV_CHECKING is 1 (dev, asan and stress builds).
 */
#ifndef VIV_BASE_ASSERT_H
#define VIV_BASE_ASSERT_H

#ifndef VIV_CHECKING
#define VIV_CHECKING 0
#endif

/* Prints the broken invariant on stderr and aborts. */
_Noreturn void viv_broken(const char *file, int line, const char *sentence);

#define viv_assert(condition, sentence)                                                            \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            viv_broken(__FILE__, __LINE__, sentence);                                              \
    } while (0)

#if VIV_CHECKING
#define viv_check(condition, sentence) viv_assert(condition, sentence)
#else
#define viv_check(condition, sentence)                                                             \
    do {                                                                                           \
        (void)sizeof(condition);                                                                   \
    } while (0)
#endif

#define VIV_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define VIV_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define VIV_ALWAYS_INLINE inline __attribute__((always_inline))
#define VIV_MUST_USE __attribute__((warn_unused_result))

#endif
