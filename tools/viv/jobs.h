/*
 * viv test --jobs N: the tests are divided among processes of this program, each with a world of its own from the same image.
 * Only world_commands.c uses this.
 */
#ifndef VIV_TOOLS_VIV_JOBS_H
#define VIV_TOOLS_VIV_JOBS_H

#include "tools/viv/commands.h"

/*
 * Runs the tests that the words of the invocation choose, with so many processes at a time, and reports them in the order in
 * which one process would have run them. A test that ends its process is an error of that test; those after it run in a new
 * one. Standard output of the tests comes before the report, in their order. Answers the exit code. Image as for world_run.
 */
int jobs_run_tests(struct invocation *invocation, const char *image, unsigned job_count);

#endif
