/* What starting any program costs here: the floor for the start-up figures of tools/bench. */
#include <stdio.h>

int main(void)
{
    return puts("7") < 0;
}
