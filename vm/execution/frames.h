/* Frames and contexts are declared with the stacks they live on. */
#ifndef VIV_EXECUTION_FRAMES_H
#define VIV_EXECUTION_FRAMES_H

#include "vm/execution/stack.h"

#endif
