/*
 * Rules about processes: those that the scheduler lists, those that wait for semaphores and mutexes, and the lists that
 * processes say they are in. The VM follows links without looking at what they lead to.
 */
#include "image/format/checker_parts.h"

#include <inttypes.h>

static bool refuse_slot(struct checker *checker, const struct image_object *object, unsigned slot,
                        const char *wanted)
{
    return image_refuse(checker->source, checker->status, object->offset + 8 + slot * 8, wanted,
                        "%016" PRIx64, image_slot(checker->source, object, slot));
}

static bool has_slots(const struct checker *checker, uint64_t value, unsigned count,
                      struct image_object *object)
{
    return checker_object(checker, value, object) && format_is_pointers(object->format) &&
           object->slot_count >= count;
}

/* Rule: a process is suspended in a context, or over; the contexts below it end. */
static bool check_process(struct checker *checker, const struct image_object *process, bool resumes)
{
    struct image_object context;
    uint64_t value = image_slot(checker->source, process, SLOT_PROCESS_SUSPENDED_CONTEXT);
    uint64_t priority = image_slot(checker->source, process, SLOT_PROCESS_PRIORITY);
    if ((priority & TAG_MASK) != TAG_INTEGER || (int64_t)priority < 0 || priority >> 3 > 1000)
        return refuse_slot(checker, process, SLOT_PROCESS_PRIORITY, "a priority");
    if (!resumes && checker_is_nil(checker, value))
        return true;
    for (uint64_t depth = 0; !checker_is_nil(checker, value) || depth == 0; depth++) {
        if (!checker_object(checker, value, &context) ||
            !class_index_is_context(context.class_index) || depth > checker->census.contexts)
            return refuse_slot(checker, process, SLOT_PROCESS_SUSPENDED_CONTEXT,
                               "a suspended context, and senders that end");
        if (depth == 0 &&
            checker_is_nil(checker, image_slot(checker->source, &context, SLOT_CONTEXT_PC)))
            return refuse_slot(checker, process, SLOT_PROCESS_SUSPENDED_CONTEXT,
                               "a suspended context that has not returned");
        value = image_slot(checker->source, &context, SLOT_CONTEXT_SENDER);
    }
    return true;
}

/* Rule: a list of processes ends with its last link, and each link is a process; one that waits to run can be resumed. */
static bool check_list(struct checker *checker, const struct image_object *list, bool resumes)
{
    uint64_t value = image_slot(checker->source, list, SLOT_LIST_FIRST);
    uint64_t last = image_slot(checker->source, list, SLOT_LIST_LAST);
    uint64_t seen = checker->nil;
    for (uint64_t count = 0; !checker_is_nil(checker, value); count++) {
        struct image_object process;
        if (count > checker->census.objects ||
            !has_slots(checker, value, SLOT_PROCESS_MY_LIST + 1, &process))
            return refuse_slot(checker, list, SLOT_LIST_FIRST, "a list of processes that ends");
        if (!check_process(checker, &process, resumes))
            return false;
        seen = value;
        value = image_slot(checker->source, &process, SLOT_LINK_NEXT);
    }
    return seen == last ||
           refuse_slot(checker, list, SLOT_LIST_LAST, "the last process of the list");
}

static bool check_scheduler(struct checker *checker, const struct image_object *specials)
{
    struct image_object association;
    struct image_object scheduler;
    struct image_object lists;
    struct image_object process;
    if (!has_slots(checker, image_slot(checker->source, specials, SPECIAL_SCHEDULER_ASSOCIATION), 2,
                   &association) ||
        !has_slots(checker, image_slot(checker->source, &association, SLOT_ASSOCIATION_VALUE), 2,
                   &scheduler))
        return refuse_slot(checker, specials, SPECIAL_SCHEDULER_ASSOCIATION,
                           "an association with the scheduler");
    if (!has_slots(checker, image_slot(checker->source, &scheduler, SLOT_SCHEDULER_LISTS), 1,
                   &lists) ||
        lists.format != FORMAT_INDEXABLE)
        return refuse_slot(checker, &scheduler, SLOT_SCHEDULER_LISTS,
                           "an Array of lists of processes");
    for (uint64_t i = 0; i < lists.slot_count; i++) {
        struct image_object list;
        uint64_t value = image_slot(checker->source, &lists, i);
        if (!has_slots(checker, value, SLOT_LIST_LAST + 1, &list))
            return image_refuse(checker->source, checker->status, lists.offset + 8 + i * 8,
                                "a list of processes", "%016" PRIx64, value);
        if (!check_list(checker, &list, true))
            return false;
    }
    uint64_t active = image_slot(checker->source, &scheduler, SLOT_SCHEDULER_ACTIVE_PROCESS);
    if (!has_slots(checker, active, SLOT_PROCESS_MY_LIST + 1, &process))
        return refuse_slot(checker, &scheduler, SLOT_SCHEDULER_ACTIVE_PROCESS,
                           "the process to resume");
    return check_process(checker, &process, true);
}

/* --- lists that the scheduler does not know: instances of the classes of semaphores, mutexes and processes ------------- */

enum process_kind { KIND_OTHER, KIND_SEMAPHORE, KIND_MUTEX, KIND_PROCESS, KIND_COUNT };

static uint64_t superclass_of(const struct checker *checker, uint64_t class)
{
    return image_word(checker->source, class + 8 + 8 * SLOT_BEHAVIOR_SUPERCLASS);
}

/* What instances of a class are, by its superclasses; the chains were checked to end. */
static enum process_kind kind_of_class(const struct checker *checker, uint64_t class,
                                       const uint64_t known[KIND_COUNT])
{
    for (;;) {
        for (int kind = KIND_SEMAPHORE; kind < KIND_COUNT; kind++)
            if (class == known[kind])
                return (enum process_kind)kind;
        uint64_t superclass = superclass_of(checker, class);
        if (!checker_reference(checker, superclass, &class) || checker_is_nil(checker, superclass))
            return KIND_OTHER;
    }
}

/* Rule: a semaphore counts its signals; it and a mutex list processes. */
static bool check_waiting(struct checker *checker, const struct image_object *list, bool counts)
{
    if (list->slot_count <= SLOT_SEMAPHORE_EXCESS_SIGNALS || !format_is_pointers(list->format))
        return image_refuse(checker->source, checker->status, list->offset,
                            "a Semaphore or Mutex of three slots", "%" PRIu64 " slots",
                            list->slot_count);
    uint64_t excess = image_slot(checker->source, list, SLOT_SEMAPHORE_EXCESS_SIGNALS);
    if (counts && (excess & TAG_MASK) != TAG_INTEGER)
        return refuse_slot(checker, list, SLOT_SEMAPHORE_EXCESS_SIGNALS,
                           "a count of excess signals");
    return check_list(checker, list, false);
}

/* Rule: the list that a process says it is in is one, or nil. */
static bool check_own_list(struct checker *checker, const struct image_object *process,
                           uint64_t *last_list)
{
    struct image_object list;
    if (!format_is_pointers(process->format) || process->slot_count <= SLOT_PROCESS_MY_LIST)
        return image_refuse(checker->source, checker->status, process->offset,
                            "a process of four slots", "%" PRIu64 " slots", process->slot_count);
    uint64_t value = image_slot(checker->source, process, SLOT_PROCESS_MY_LIST);
    if (checker_is_nil(checker, value) || value == *last_list)
        return true;
    if (!has_slots(checker, value, SLOT_LIST_LAST + 1, &list))
        return refuse_slot(checker, process, SLOT_PROCESS_MY_LIST,
                           "the list a process is in, or nil");
    *last_list = value;
    return check_list(checker, &list, false);
}

static bool check_waiting_processes(struct checker *checker, const struct image_object *specials)
{
    static const enum special_object specials_of_kinds[KIND_COUNT] = {
        SPECIAL_NIL, SPECIAL_CLASS_SEMAPHORE, SPECIAL_CLASS_MUTEX, SPECIAL_CLASS_PROCESS};
    uint64_t known[KIND_COUNT];
    for (int kind = KIND_OTHER; kind < KIND_COUNT; kind++) {
        uint64_t value = image_slot(checker->source, specials, specials_of_kinds[kind]);
        if (checker_is_nil(checker, value) || !checker_reference(checker, value, &known[kind]))
            known[kind] = NO_CLASS;
    }
    /* The name Mutex stands for other things too; one that is no list is handed on as it is. */
    if (known[KIND_MUTEX] != NO_CLASS &&
        (known[KIND_SEMAPHORE] == NO_CLASS || superclass_of(checker, known[KIND_MUTEX]) !=
                                                  superclass_of(checker, known[KIND_SEMAPHORE])))
        known[KIND_MUTEX] = NO_CLASS;
    for (uint64_t i = 0; i < checker->class_limit; i++)
        if (checker->classes[i].offset != NO_CLASS)
            checker->classes[i].kind =
                (int)kind_of_class(checker, checker->classes[i].offset, known);
    struct image_object object;
    uint64_t last_list = 0;
    for (uint64_t at = 0; checker_next(checker, &at, &object);) {
        enum process_kind kind = (enum process_kind)checker->classes[object.class_index].kind;
        if (kind == KIND_PROCESS
                ? !check_own_list(checker, &object, &last_list)
                : kind != KIND_OTHER && !check_waiting(checker, &object, kind == KIND_SEMAPHORE))
            return false;
    }
    return true;
}

bool check_processes(struct checker *checker)
{
    struct image_object specials;
    bool there = checker_object(checker, checker->source->header->special_objects, &specials);
    viv_assert(there, "the special objects were checked");
    return check_scheduler(checker, &specials) && check_waiting_processes(checker, &specials);
}
