/*
 * What a person does, as the Blue Book's machine tells it (pages 648 to 650): words of 16 bits with a kind in the high four and a
 * number in the others. Knows no objects.
 *
 *     0 milliseconds since the last event    1 x of the mouse    2 y of the mouse    3 a key or button goes down    4 up
 *     5 a time follows, milliseconds in two words, the high one first
 *
 * Keys are numbered by the characters they have without shift, buttons of the mouse from 128, the right one, to 130. Images map a
 * key without shift to the character of its number, whatever that is, so each character is typed as a key of its own.
 */
#ifndef VIV_GUI_SCREEN_WORDS_H
#define VIV_GUI_SCREEN_WORDS_H

#include "gui/screen.h"

enum {
    SCREEN_WORDS = 1024,
    /* The most that one event becomes: a time, both coordinates, three buttons, shift twice, control twice, a key twice. */
    SCREEN_WORDS_OF_EVENT = 14
};

struct screen_words {
    uint16_t words[SCREEN_WORDS]; /* a ring */
    size_t first, count;
    bool has_time;
    int64_t time_ms; /* of the last event */
    int64_t x, y, buttons;
    bool shift;
};

/* Adds the words of an event, all or, when there is no room, none. Answers how many. */
size_t screen_words_add(struct screen_words *words, const struct screen_event *event);

/* The next word; 0, which says nothing, when there is none. */
uint16_t screen_words_take(struct screen_words *words);

#endif
