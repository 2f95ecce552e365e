/*
 * VivariumJournal: journals of changes (image/store/journal.h). The world has one open for appending, tests have others; the
 * image knows each by its place.
 * What goes wrong outside is answered as a sentence, a String.
 */
#include "image/store/journal.h"
#include "primitives/functions.h"

#include <stdlib.h>
#include <string.h>

enum { JOURNALS_MAX = 4 };

struct journals {
    struct journal open[JOURNALS_MAX]; /* for appending; an fd of -1: a free place */
    struct journal_contents contents;  /* of the file that was read last */
};

static void release_journals(void *state)
{
    struct journals *journals = state;
    for (size_t i = 0; i < JOURNALS_MAX; i++)
        journal_close(&journals->open[i]);
    journal_contents_free(&journals->contents);
    free(journals);
}

static bool open_journals(void *state)
{
    struct journals *journals = state;
    for (size_t i = 0; i < JOURNALS_MAX; i++)
        journals->open[i].fd = -1;
    return true;
}

/* Those of this VM, made on first use; NULL when there is no memory. */
static struct journals *journals_of(struct vm *vm)
{
    return vm_ensure_module_state(vm, "VivariumJournal", sizeof(struct journals), open_journals,
                                  release_journals);
}

static prim_result answer_sentence(struct vm *vm, const prim_call *call,
                                   const struct status *status)
{
    return answer_string(vm, call, status->sentence, strlen(status->sentence));
}

/* Answers an Array of numbers; the bytes, if any, are its last element. */
static prim_result answer_row(struct vm *vm, const prim_call *call, size_t count,
                              const uint64_t *numbers, const struct journal_record *record)
{
    struct heap *heap = vm_heap(vm);
    oop row = heap_allocate_array(heap, count + (record != NULL));
    if (oop_is_none(row))
        return PRIM_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        oop number = heap_integer(heap, (int64_t)numbers[i]);
        if (oop_is_none(number))
            return PRIM_NO_MEMORY;
        heap_store(heap, row, i, number);
    }
    if (record == NULL)
        return answer(vm, call, row);
    oop bytes = heap_allocate_bytes(heap, CLASS_BYTE_ARRAY, record->size);
    if (oop_is_none(bytes))
        return PRIM_NO_MEMORY;
    memcpy(object_bytes(bytes), record->payload, record->size);
    heap_store(heap, row, count, bytes);
    return answer(vm, call, row);
}

prim_result prim_journal_open(struct vm *vm, const prim_call *call)
{
    struct journals *journals = journals_of(vm);
    struct status status = {0};
    char *path;
    if (journals == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    size_t place = 0;
    while (place < JOURNALS_MAX && journals->open[place].fd >= 0)
        place++;
    if (place == JOURNALS_MAX) {
        free(path);
        return PRIM_LIMIT_EXCEEDED;
    }
    struct journal *journal = &journals->open[place];
    bool opened = journal_open(journal, io_system(), path, &status);
    free(path);
    const uint64_t numbers[] = {place, journal->last_sequence, journal->torn, journal->damaged};
    return opened ? answer_row(vm, call, 4, numbers, NULL) : answer_sentence(vm, call, &status);
}

/* The open journal whose place is an argument. */
static prim_result arg_journal(struct vm *vm, const prim_call *call, size_t argument,
                               struct journal **journal)
{
    struct journals *journals = journals_of(vm);
    uint64_t place;
    if (journals == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_uint64(vm, call, argument, &place);
    if (result != PRIM_OK)
        return result;
    if (place >= JOURNALS_MAX || journals->open[place].fd < 0)
        return PRIM_BAD_ARGUMENT;
    *journal = &journals->open[place];
    return PRIM_OK;
}

prim_result prim_journal_append(struct vm *vm, const prim_call *call)
{
    struct journal *journal;
    struct status status = {0};
    uint8_t *bytes;
    size_t size;
    uint64_t after;
    uint64_t microseconds;
    prim_result result = arg_journal(vm, call, 0, &journal);
    if (result == PRIM_OK)
        result = arg_bytes(call, 1, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, 2, &after);
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, 3, &microseconds);
    if (result != PRIM_OK)
        return result;
    uint64_t sequence = journal_append(journal, after, microseconds, bytes, size, &status);
    return sequence == 0 ? answer_sentence(vm, call, &status)
                         : answer_integer(vm, call, (int64_t)sequence);
}

prim_result prim_journal_sync(struct vm *vm, const prim_call *call)
{
    struct journal *journal;
    struct status status = {0};
    prim_result result = arg_journal(vm, call, 0, &journal);
    if (result != PRIM_OK)
        return result;
    return journal_sync(journal, &status) ? answer_boolean(vm, call, true)
                                          : answer_sentence(vm, call, &status);
}

prim_result prim_journal_close(struct vm *vm, const prim_call *call)
{
    struct journal *journal;
    prim_result result = arg_journal(vm, call, 0, &journal);
    if (result != PRIM_OK)
        return result;
    journal_close(journal);
    return answer_self(vm, call);
}

prim_result prim_journal_read(struct vm *vm, const prim_call *call)
{
    struct journals *journals = journals_of(vm);
    struct status status = {0};
    struct journal_record record;
    uint64_t offset;
    char *path;
    if (journals == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_uint64(vm, call, 1, &offset);
    if (result == PRIM_OK)
        result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    struct journal_contents *contents = &journals->contents;
    if (offset == 0)
        journal_contents_free(contents);
    bool there = offset != 0 || journal_read(contents, path, &status);
    free(path);
    if (!there)
        return answer_sentence(vm, call, &status);
    if (!journal_next(contents, &offset, &record)) {
        journal_contents_free(contents);
        return answer(vm, call, vm_heap(vm)->nil);
    }
    const uint64_t numbers[] = {offset, record.sequence, record.microseconds};
    return answer_row(vm, call, 3, numbers, &record);
}
