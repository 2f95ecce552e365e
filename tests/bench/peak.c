/*
 * peak COMMAND... - runs the command and prints its peak resident memory in KB on descriptor 3. A process of its own: a child's
 * peak counts what its parent had when it forked, and this one has next to nothing.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;
    if (argc < 2)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child ||
        dprintf(3, "%ld\n", usage.ru_maxrss) < 0)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
