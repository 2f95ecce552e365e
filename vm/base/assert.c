#include "vm/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void viv_broken(const char *file, int line, const char *sentence)
{
    fprintf(stderr, "vivarium: broken invariant at %s:%d: %s\n", file, line, sentence);
    fflush(stderr);
    abort();
}
