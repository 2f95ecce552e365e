/*
 * The commands of viv: each takes what is left of the command line and answers the exit code. main.c holds their table.
 */
#ifndef VIV_TOOLS_VIV_COMMANDS_H
#define VIV_TOOLS_VIV_COMMANDS_H

#include "tools/viv/options.h"

struct invocation {
    struct options options;
    struct words words; /* after the word that names the command */
    bool holds_image;   /* a person works with the world: nobody else may write its image */
    struct status
        status; /* a command that fails fills it in and answers its code; main prints it */
};

typedef int command_function(struct invocation *invocation);

/* Commands that a world carries out (world_commands.c). */
command_function command_eval;
command_function command_script;
command_function command_repl;
command_function command_run;
command_function command_test;
command_function command_load;
command_function command_export;
command_function command_fmt;
command_function command_lint;
command_function command_default;
command_function command_keys;

command_function command_recover;

/* A world with windows (open.c). */
command_function command_open;

/* Commands that look at files (file_commands.c). */
command_function command_build;
command_function command_info;
command_function command_check;
command_function command_save_as;
command_function command_version;

/* Objects of an image, without running it (heap_commands.c). */
command_function command_heap;

/* Methods of an image, without running it (object_commands.c). */
command_function command_source;
command_function command_grep;

/* An image without garbage (compact_command.c). */
command_function command_compact;

/* What differs between two images (diff_command.c). */
command_function command_diff;

/* The journal, read without its world (journal_commands.c). */
command_function command_log;

/* The images that saves have kept (generation_commands.c). */
command_function command_generations;

/* Fills in the status with a usage error; answers its exit code. */
int usage_error(struct invocation *invocation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the file begins with the magic number of an image of any kind (false for one that cannot be read). */
bool is_image_file(const char *path);

/* Whether a word of the command line names an image: an image file, or any name that ends in .image. */
bool names_image(const char *word);

#endif
