/* Frames of windows as files, and text over a frame when nothing else works. */
#ifndef VIV_GUI_FRAMES_H
#define VIV_GUI_FRAMES_H

#include "gui/host.h"

/* Writes the frame as PNG; false when it is empty or the file cannot be written. */
bool frame_write_png(const struct host_frame *frame, const char *path);

/* Shows lines of plain text on the whole window, with cairo alone; the last lines where not all fit. From the VM's thread,
 * without the mutex. False when there is no such window, or no memory. */
bool frame_show_text(struct host *host, uint32_t window, const char *text);

#endif
