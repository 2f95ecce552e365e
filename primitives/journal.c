/*
 * VivariumJournal: the journal of the world's changes (image/store/journal.h), one open for appending at most, and reading of any.
 * What goes wrong outside is answered as a sentence, a String.
 */
#include "image/store/journal.h"
#include "primitives/functions.h"

#include <stdlib.h>
#include <string.h>

struct journals {
    struct journal journal;           /* appended to; its fd is -1 while there is none */
    struct journal_contents contents; /* of the file that was read last */
};

static void release_journals(void *state)
{
    struct journals *journals = state;
    journal_close(&journals->journal);
    journal_contents_free(&journals->contents);
    free(journals);
}

/* Those of this VM, made on first use; NULL when there is no memory. */
static struct journals *journals_of(struct vm *vm)
{
    struct journals *journals = vm_module_state(vm, "VivariumJournal");
    if (journals != NULL)
        return journals;
    journals = calloc(1, sizeof *journals);
    if (journals == NULL)
        return NULL;
    journals->journal.fd = -1;
    if (!vm_set_module_state(vm, "VivariumJournal", journals, release_journals)) {
        free(journals);
        return NULL;
    }
    return journals;
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
    struct journal *journal = &journals->journal;
    journal_close(journal);
    bool opened = journal_open(journal, io_system(), path, &status);
    free(path);
    const uint64_t numbers[] = {journal->last_sequence, journal->torn, journal->damaged};
    return opened ? answer_row(vm, call, 3, numbers, NULL) : answer_sentence(vm, call, &status);
}

prim_result prim_journal_append(struct vm *vm, const prim_call *call)
{
    struct journals *journals = journals_of(vm);
    struct status status = {0};
    uint8_t *bytes;
    size_t size;
    uint64_t after;
    uint64_t microseconds;
    if (journals == NULL)
        return PRIM_NO_C_MEMORY;
    if (journals->journal.fd < 0)
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, 1, &after);
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, 2, &microseconds);
    if (result != PRIM_OK)
        return result;
    uint64_t sequence =
        journal_append(&journals->journal, after, microseconds, bytes, size, &status);
    return sequence == 0 ? answer_sentence(vm, call, &status)
                         : answer_integer(vm, call, (int64_t)sequence);
}

prim_result prim_journal_sync(struct vm *vm, const prim_call *call)
{
    struct journals *journals = journals_of(vm);
    struct status status = {0};
    if (journals == NULL)
        return PRIM_NO_C_MEMORY;
    if (journals->journal.fd < 0)
        return PRIM_BAD_RECEIVER;
    return journal_sync(&journals->journal, &status) ? answer_boolean(vm, call, true)
                                                     : answer_sentence(vm, call, &status);
}

prim_result prim_journal_close(struct vm *vm, const prim_call *call)
{
    struct journals *journals = journals_of(vm);
    if (journals == NULL)
        return PRIM_NO_C_MEMORY;
    journal_close(&journals->journal);
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
