/* viv log: what a journal says, read without running its world. Fields of records are those of JournalRecord in the image. */
#include "image/store/journal.h"
#include "tools/viv/commands.h"
#include "tools/viv/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Tags of fields, from 1; JournalRecord class>>fieldNames has the same list. */
enum field {
    FIELD_KIND,
    FIELD_CLASS,
    FIELD_SELECTOR,
    FIELD_PROTOCOL,
    FIELD_PACKAGE,
    FIELD_AUTHOR,
    FIELD_SOURCE,
    FIELD_OLD_SOURCE,
    FIELD_TITLE,
    FIELD_COUNT
};

static const char *const field_names[FIELD_COUNT] = {
    "kind", "class", "selector", "protocol", "package", "author", "source", "old_source", "title"};

enum { LINE_PART = 60, FIELD_HEAD = 5 };

struct text {
    const char *bytes; /* NULL: there is none */
    size_t size;
};

#define MICROSECONDS 1000000
#define SECONDS_1901_TO_1970 INT64_C(2177452800)

/* Takes a record's payload apart; what a later version added, or what is cut short, is passed over. */
static void split(const struct journal_record *record, struct text fields[FIELD_COUNT])
{
    const uint8_t *at = record->payload;
    size_t rest = record->size;
    memset(fields, 0, FIELD_COUNT * sizeof *fields);
    while (rest >= FIELD_HEAD) {
        unsigned tag = at[0];
        uint32_t size;
        memcpy(&size, at + 1, sizeof size);
        at += FIELD_HEAD;
        rest -= FIELD_HEAD;
        if (size > rest)
            return;
        if (tag >= 1 && tag <= FIELD_COUNT)
            fields[tag - 1] = (struct text){(const char *)at, size};
        at += size;
        rest -= size;
    }
}

static void print_time(uint64_t microseconds)
{
    char text[UTC_TEXT_SIZE];
    int64_t seconds = (int64_t)(microseconds / MICROSECONDS) - SECONDS_1901_TO_1970;
    fputs(utc_text((time_t)seconds, text), stdout);
}

static void print_record_as_json(const struct journal_record *record, const struct text *fields)
{
    printf("{\"number\": %" PRIu64 ", \"time\": \"", record->sequence);
    print_time(record->microseconds);
    putchar('"');
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (fields[i].bytes == NULL)
            continue;
        printf(", \"%s\": ", field_names[i]);
        print_json_bytes(fields[i].bytes, fields[i].size);
    }
    puts("}");
}

/* The first line of a text, of which the rest is left out. */
static void print_part(struct text text)
{
    size_t shown = 0;
    while (shown < text.size && shown < LINE_PART && (unsigned char)text.bytes[shown] >= 0x20)
        shown++;
    printf(" %.*s%s", (int)shown, text.bytes, shown < text.size ? "..." : "");
}

static void print_record(const struct journal_record *record, const struct text *fields)
{
    printf("%6" PRIu64 "  ", record->sequence);
    print_time(record->microseconds);
    printf("  %.*s", (int)fields[FIELD_KIND].size, fields[FIELD_KIND].bytes);
    if (fields[FIELD_CLASS].bytes != NULL)
        printf(" %.*s", (int)fields[FIELD_CLASS].size, fields[FIELD_CLASS].bytes);
    if (fields[FIELD_SELECTOR].bytes != NULL)
        printf(">>%.*s", (int)fields[FIELD_SELECTOR].size, fields[FIELD_SELECTOR].bytes);
    if (fields[FIELD_TITLE].bytes != NULL)
        print_part(fields[FIELD_TITLE]);
    if (fields[FIELD_CLASS].bytes == NULL && fields[FIELD_SOURCE].bytes != NULL)
        print_part(fields[FIELD_SOURCE]);
    putchar('\n');
}

/* The journal beside an image, or the file itself when it is none. False when the name is too long. */
static bool journal_path(const char *name, char *path, size_t size)
{
    static const char image[] = ".image";
    static const char journal[] = ".journal";
    size_t length = strlen(name);
    size_t ending = sizeof journal - 1;
    if (length >= ending && strcmp(name + length - ending, journal) == 0)
        ending = 0;
    else if (length >= sizeof image && strcmp(name + length - (sizeof image - 1), image) == 0)
        length -= sizeof image - 1;
    return snprintf(path, size, "%.*s%s", (int)length, name, ending == 0 ? "" : journal) <
           (int)size;
}

struct log_options {
    bool json;
};

static const struct option_row log_rows[] = {
    {"json", OPTION_FLAG, offsetof(struct log_options, json)},
};

int command_log(struct invocation *invocation)
{
    struct log_options own = {0};
    struct journal_contents contents;
    struct journal_record record;
    struct text fields[FIELD_COUNT];
    char path[PATH_MAX];
    if (!options_take_own(&invocation->options, &invocation->words, log_rows, 1, &own,
                          &invocation->status))
        return STATUS_USAGE;
    if (invocation->words.count != 1 ||
        !journal_path(invocation->words.items[0], path, sizeof path))
        return usage_error(invocation, "log wants one image or journal");
    if (!journal_read(&contents, path, &invocation->status))
        return (int)invocation->status.code;
    uint64_t offset = 0;
    while (journal_next(&contents, &offset, &record)) {
        split(&record, fields);
        if (own.json)
            print_record_as_json(&record, fields);
        else
            print_record(&record, fields);
    }
    journal_contents_free(&contents);
    return flush_output(invocation);
}
