/* Embedding: opens the image named by the first argument and lets it run with the other arguments. */
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "primitives/table.h"
#include "vm/vivarium.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct viv_options options = viv_default_options();
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.save_image = image_save;
    options.argument_count = argc - 2;
    options.arguments = argv + 2;

    struct status status = {STATUS_OK, ""};
    struct vm *vm = argc < 2 ? NULL : viv_open(argv[1], &options, &status);
    if (vm == NULL) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: embed IMAGE [ARGUMENTS]" : status.sentence);
        return argc < 2 ? STATUS_USAGE : (int)status.code;
    }
    int exit_status = viv_run(vm);
    viv_close(vm);
    return exit_status;
}
