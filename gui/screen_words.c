#include "gui/screen_words.h"

enum {
    KIND_DELTA_TIME,
    KIND_X,
    KIND_Y,
    KIND_ON,
    KIND_OFF,
    KIND_TIME,
    NUMBER_BITS = 12,
    NUMBER_MASK = (1 << NUMBER_BITS) - 1,
    KEY_FIRST_BUTTON = 128,
    KEY_LEFT_SHIFT = 136,
    KEY_CONTROL = 138,
    BUTTONS = 3,
    LARGEST_KEY = 127
};

static void put_word(struct screen_words *words, uint32_t word)
{
    words->words[(words->first + words->count++) % SCREEN_WORDS] = (uint16_t)word;
}

static void put(struct screen_words *words, uint32_t kind, int64_t number)
{
    put_word(words, kind << NUMBER_BITS | ((uint32_t)number & NUMBER_MASK));
}

static void put_time(struct screen_words *words, int64_t time_ms)
{
    int64_t passed_ms = time_ms - words->time_ms;
    if (!words->has_time || passed_ms < 0 || passed_ms > NUMBER_MASK) {
        put(words, KIND_TIME, 0);
        put_word(words, (uint32_t)(time_ms >> 16));
        put_word(words, (uint32_t)time_ms);
    } else if (passed_ms > 0) {
        put(words, KIND_DELTA_TIME, passed_ms);
    }
    words->has_time = true;
    words->time_ms = time_ms;
}

static void put_shift(struct screen_words *words, bool shift)
{
    if (words->shift != shift)
        put(words, shift ? KIND_ON : KIND_OFF, KEY_LEFT_SHIFT);
    words->shift = shift;
}

static int64_t place(int64_t coordinate)
{
    return coordinate < 0 ? 0 : coordinate > NUMBER_MASK ? NUMBER_MASK : coordinate;
}

static void put_mouse(struct screen_words *words, const struct screen_event *event)
{
    int64_t x = place(event->numbers[2]);
    int64_t y = place(event->numbers[3]);
    int64_t buttons = event->numbers[4];
    put_shift(words, (event->numbers[5] & SCREEN_SHIFT) != 0);
    if (x != words->x)
        put(words, KIND_X, x);
    if (y != words->y)
        put(words, KIND_Y, y);
    for (int i = 0; i < BUTTONS; i++)
        if (((buttons ^ words->buttons) >> i & 1) != 0)
            put(words, (buttons >> i & 1) != 0 ? KIND_ON : KIND_OFF, KEY_FIRST_BUTTON + i);
    words->x = x;
    words->y = y;
    words->buttons = buttons;
}

/* With control, a letter comes as its number in the alphabet; the key is the letter. */
static void put_key(struct screen_words *words, const struct screen_event *event)
{
    int64_t key = event->numbers[2];
    bool shift = (event->numbers[4] & SCREEN_SHIFT) != 0;
    bool control = (event->numbers[4] & SCREEN_CONTROL) != 0;
    if (key > LARGEST_KEY)
        return;
    if (control && key >= 1 && key <= 26)
        key += 'a' - 1;
    put_shift(words, shift && control);
    if (control)
        put(words, KIND_ON, KEY_CONTROL);
    put(words, KIND_ON, key);
    put(words, KIND_OFF, key);
    if (control)
        put(words, KIND_OFF, KEY_CONTROL);
    put_shift(words, shift);
}

size_t screen_words_add(struct screen_words *words, const struct screen_event *event)
{
    size_t old_count = words->count;
    bool is_key =
        event->numbers[0] == SCREEN_EVENT_KEYBOARD && event->numbers[3] == SCREEN_KEY_CHARACTER;
    if ((!is_key && event->numbers[0] != SCREEN_EVENT_MOUSE) ||
        SCREEN_WORDS - words->count < SCREEN_WORDS_OF_EVENT)
        return 0;
    put_time(words, event->numbers[1]);
    if (is_key)
        put_key(words, event);
    else
        put_mouse(words, event);
    return words->count - old_count;
}

uint16_t screen_words_take(struct screen_words *words)
{
    if (words->count == 0)
        return 0;
    uint16_t word = words->words[words->first];
    words->first = (words->first + 1) % SCREEN_WORDS;
    words->count--;
    return word;
}
