/*
 * What viv uses of libm, fetched when the first of it is called. Linked in the usual way the library is mapped and relocated at
 * every start, and most runs call none of it. A function that has no row here is found in the usual way, and brings that cost
 * back (tests/cli/eval.sh).
 */
#define _GNU_SOURCE
#include <features.h>

/* Sanitizers bring in the library themselves. */
#if defined(__GLIBC__) && !defined(VIV_SANITIZE) && !defined(__SANITIZE_THREAD__)
#include <dlfcn.h>
#include <gnu/lib-names.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "vm/base/status.h"

/* The function of this name; *found keeps it, whichever thread comes first. What the library wrote when it was opened comes before it. */
static uintptr_t fetch(_Atomic uintptr_t *found, const char *name)
{
    uintptr_t function = atomic_load_explicit(found, memory_order_acquire);
    if (__builtin_expect(function != 0, 1))
        return function;
    void *library = dlopen(LIBM_SO, RTLD_NOW | RTLD_LOCAL);
    function = library == NULL ? 0 : (uintptr_t)dlsym(library, name);
    /* Whoever calls a function of mathematics has no way to hear that it is not there: mostly memory is short. */
    if (function == 0) {
        fprintf(stderr, "viv: %s cannot be loaded: %s\n", LIBM_SO, dlerror());
        _exit(STATUS_MEMORY);
    }
    atomic_store_explicit(found, function, memory_order_release);
    return function;
}

#define FUNCTION(type, name, parameters, ...)                                                      \
    type name parameters                                                                           \
    {                                                                                              \
        static _Atomic uintptr_t found;                                                            \
        type(*function) parameters = (type(*) parameters)fetch(&found, #name);                     \
        return function(__VA_ARGS__);                                                              \
    }
#define OF_ONE(name) FUNCTION(double, name, (double x), x)
#define OF_TWO(name) FUNCTION(double, name, (double x, double y), x, y)

OF_ONE(acos)
OF_ONE(asin)
OF_ONE(atan)
OF_ONE(cos)
OF_ONE(cosh)
OF_ONE(exp)
OF_ONE(log)
OF_ONE(log10)
OF_ONE(log2)
OF_ONE(sin)
OF_ONE(sinh)
OF_ONE(sqrt)
OF_ONE(tan)
OF_ONE(tanh)
OF_TWO(atan2)
OF_TWO(pow)
FUNCTION(int, ilogb, (double x), x)
FUNCTION(int, ilogbf, (float x), x)

/* What the compiler makes of a sine and a cosine of the same angle. */
void sincos(double x, double *sine, double *cosine)
{
    static _Atomic uintptr_t found;
    ((void (*)(double, double *, double *))fetch(&found, "sincos"))(x, sine, cosine);
}
#else
/* No translation unit may be empty. */
extern int viv_libm_is_linked;
#endif
