/* Packages and manifests: what is read from the text, and how errors are placed. */
#include "compile_for_test.h"

#include "image/bootstrap/manifest.h"
#include "image/bootstrap/model.h"

#include <sys/stat.h>
#include <unistd.h>

static struct diagnostics problems;
