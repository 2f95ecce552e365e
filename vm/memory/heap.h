/*
 * The object memory: one eden, two survivor spaces, one old space, the class table and the special objects.
 *
 * "Allocation never collects": every function here that allocates leaves all objects where they are, so C code may hold oops
 * in locals until the next poll. When eden is used up, a poll is asked for and allocation goes on in old space; an object
 * born there is remembered at once, so that its fields may be filled without the barrier.
 *
 * Young and old are told apart by address alone: young spaces are one mapping. Old space is one reservation of addresses,
 * used from `base` (nil, the first object) up to `limit`; everything in between is an object or a free chunk, so it can be
 * walked. A free chunk is an object of class index 0.
 *
 * Invariant "young is remembered": every old object that refers to a young one has its remembered bit set and is in the
 * remembered set; of a long one it may be the cards instead (cards.h) that are noted. Stores into objects that may be old go through
 * heap_store.
 *
 * Old space is collected as a whole in one go (heap_collect_full), or by a cycle of short steps between which the program goes
 * on (heap_collect_some). While a cycle marks, every old object that is stored into another is marked; heap_store sees to it.
 *
 * Counts are of slots or elements, sizes of bytes. Allocation answers NO_OOP when the heap's limit leaves no room.
 */
#ifndef VIV_MEMORY_HEAP_H
#define VIV_MEMORY_HEAP_H

#include "vm/base/assert.h"
#include "vm/base/poison.h"
#include "vm/base/status.h"
#include "vm/object/dialect.h"
#include "vm/object/known.h"
#include "vm/object/object.h"

#include <stdatomic.h>

struct heap;
struct relocation;
struct waiting_ephemerons;
struct populator;

/* Visits one strong reference held outside the heap; the visitor may write a new oop there. */
typedef void heap_visit_fn(struct heap *heap, oop *location);

/* Who holds references from outside. `visit` is called with every strong one; `after` runs when survivors are known and asks
 * heap_survivor for each weak one. Either may be NULL. */
struct heap_roots {
    void *context;
    void (*visit)(void *context, struct heap *heap, heap_visit_fn *visitor);
    void (*after)(void *context, struct heap *heap);
    /* A Context whose sender is a SmallInteger has been marked: what its stack holds lives too. */
    void (*married)(void *context, struct heap *heap, oop object, heap_visit_fn *visitor);
};

/* What the collector is doing when it calls the providers of roots. HEAP_MARKING_MORE is the end of a cycle: what objects marked
 * earlier hold through a provider is to be visited too. */
enum heap_phase { HEAP_IDLE, HEAP_SCAVENGING, HEAP_MARKING, HEAP_MARKING_MORE, HEAP_COMPACTING };

enum {
    HEAP_ROOTS_MAX = 8,
    EXACT_LENGTHS = 64,
    FREE_LIST_COUNT = EXACT_LENGTHS + 40,
    HEAP_PAUSE_BUCKETS = 4096
};

struct oop_list {
    oop *items;
    size_t count;
    size_t capacity;
};

struct young_space {
    uint64_t *start;
    uint64_t *limit;
    uint64_t *free;
};

struct old_space {
    uint64_t *reserve_start;
    uint64_t *reserve_limit;
    uint64_t *base;  /* nil: the first object */
    uint64_t *limit; /* end of what is walkable */
    uint64_t *bump;  /* current run being carved; [bump, bump_limit) is not yet walkable */
    uint64_t *bump_limit;
    uint64_t *free_chunks[FREE_LIST_COUNT]; /* by length, see old_list_of */
    uint64_t *held_chunks[FREE_LIST_COUNT]; /* those from which evacuation leads away: taken last */
    size_t free_size;
    size_t chunks_taken; /* of those of one length, since the start */
    uint64_t
        *mark_bits; /* one bit a word from reserve_start on; behind them, the bytes of the cards */
    size_t side_size; /* of both */
};

/* How far sweeping has come, see sweep.c; all NULL when there is nothing to sweep. */
struct sweep {
    uint64_t *at; /* [at, limit) is not yet swept: what is unmarked there is dead */
    uint64_t *limit;
    uint64_t *gap_limit; /* nothing is marked from at to here */
    bool gives_back;
    /* Up to here the memory of the gap has gone back to the system; NULL unless that is going on. */
    uint64_t *given_back;
};

/* See evacuate.c. */
struct evacuation {
    uint64_t *boundary; /* what lives from here on is moved to below; NULL: nothing is moved */
    uint32_t symbol_class;
    size_t moved_size;    /* bytes, in this cycle */
    size_t followed_size; /* of these, when roots were followed last */
};

enum cycle_phase { CYCLE_NONE, CYCLE_MARKING, CYCLE_SWEEPING };

/* A full collection in steps, see cycle.c. */
struct cycle {
    enum cycle_phase phase;
    bool roots_seen_again;      /* all that could be found without a pause is marked */
    bool was_mostly_free;       /* old space, when the last one ended */
    bool forwarders_made;       /* some have been left since it began, or will stay */
    struct oop_list weak_found; /* between steps, see exchange_lists */
    struct oop_list ephemerons_found;
    struct sweep sweep;
    struct evacuation evacuation;
    size_t marked_size; /* bytes of objects that have been looked into */
    size_t began_at_size;
    size_t stores; /* that the barrier told of */
    uint64_t cost_ns;
};

/* See idle.c. */
struct idle {
    uint64_t due_ns;    /* when the next collection is due, 0 before it was first asked for */
    uint64_t allocated; /* bytes, when the last one ended */
    bool stepped;       /* a step of the cycle was made while idle */
    bool wants_another; /* the last one has left forwarders where it has moved something */
    uint64_t evacuated; /* bytes allocated when an evacuation was last tried, 0: never */
    unsigned passes;    /* cycles in a row that have moved something */
};

/* Pauses of one kind since the last heap_forget_pauses. */
struct heap_pauses {
    uint64_t count;
    uint64_t total_ns;
    uint64_t max_ns;
    uint32_t buckets[HEAP_PAUSE_BUCKETS]; /* by duration in microseconds, the last open-ended */
};

struct heap_statistics {
    uint64_t full_collections; /* those by cycles among them */
    uint64_t cycles;
    uint64_t tenured_size;
    uint64_t evacuated_size;
    uint64_t allocated_size; /* but for what is in eden now */
    struct heap_pauses scavenges;
    struct heap_pauses steps; /* of cycles */
    struct heap_pauses full;  /* collections in one go */
};

struct heap {
    /* Hot: read by the interpreter at fixed places. */
    uint64_t *eden_free;
    uint64_t *eden_limit; /* soft at first; raised to eden_end once a poll has been asked for */
    uint64_t
        barrier_base; /* a value of this range, stored into an old object without one of these bits, is noted */
    uint64_t barrier_size;
    uint64_t barrier_mask;
    uint64_t young_base;
    uint64_t young_size;
    oop nil;
    oop false_object;
    oop true_object;
    oop special_objects;
    _Atomic uintptr_t *poll_word; /* set to UINTPTR_MAX to ask the interpreter for a poll */

    struct young_space eden;
    struct young_space survivors;      /* where the last scavenge put what lives on */
    struct young_space next_survivors; /* where the next one will */
    uint64_t *eden_soft_limit;         /* where a scavenge becomes due */
    size_t eden_size;                  /* what eden_soft_limit allows at most */
    bool populator_tried; /* eden's limit has passed the place where the populator starts */
    struct populator *populator;
    void *young_mapping;
    size_t young_mapping_size;

    enum dialect dialect; /* what the image thinks of its own objects */
    struct old_space old;
    oop hidden_roots;
    uint32_t class_index_hint; /* where the search for a free class-table entry starts */
    uint32_t last_hash;        /* state of the identity-hash generator; never zero */

    struct oop_list remembered;
    struct oop_list cards; /* see cards.c */
    uint8_t *card_bits;
    struct oop_list tenured; /* by the scavenge that is running, and not yet scanned */
    struct oop_list mark_stack;
    struct oop_list
        large_found; /* long objects that are marked in parts: each, and its next slot */
    struct oop_list weak_found;
    struct oop_list ephemerons_found;
    struct oop_list
        mourners; /* fired ephemerons, oldest first; those before mourners_taken are gone */
    size_t mourners_taken;

    struct heap_roots roots[HEAP_ROOTS_MAX];
    size_t roots_count;

    void (*end_process)(int exit_status);
    void *c_reserve;     /* C memory kept back, NULL when it was given up */
    size_t size_limit;   /* bytes that old space may use */
    size_t reserve_size; /* beyond the limit, so that a full heap can still run and save */
    size_t
        collect_at_size; /* old space in use at which the next step is due, of a new cycle or of this one */
    bool wants_scavenge;
    bool wants_step;
    bool wants_full;
    bool mourners_arrived;
    bool evacuates_often;  /* stress: every fourth cycle in steps moves what may be moved */
    bool forwarders_exist; /* a become: left some since the last full collection */
    enum heap_phase phase;
    bool collecting_full; /* a scavenge tenures everything */
    uint64_t *scan;       /* first copied object that is not yet scanned */
    oop (*survivor)(const struct heap *heap, oop object); /* set while `after` hooks run */
    struct relocation *relocation;                        /* set while old space is compacted */
    struct cycle cycle;
    struct idle idle;
    struct waiting_ephemerons *waiting; /* set while there are ephemerons whose key may yet live */
    struct heap_statistics statistics;
};

struct heap_options {
    uint64_t base_address;                /* where nil should be, or 0 for the preferred address */
    size_t size_limit;                    /* bytes of old space, 0: half of the machine's memory */
    size_t eden_size;                     /* bytes, 0: default */
    void (*end_process)(int exit_status); /* see struct viv_options; NULL: abort */
};

/* --- C memory ---------------------------------------------------------------------------------------------------------
 * A piece of it is kept back. When an allocation that the VM cannot do without fails, the piece is given up and the allocation
 * tried once more; the poll that follows collects, takes a new piece or tells the active process that memory is out. */

/* Whether there was a piece to give up: then it is worth trying again. Asks for a poll. */
bool heap_give_up_reserve(struct heap *heap);
/* Takes a piece, if none is kept; false when there is no memory for it. */
bool heap_fill_reserve(struct heap *heap) VIV_MUST_USE;
/* Ends the process with a sentence and STATUS_MEMORY: there is no memory, in the reserve neither, that nothing can go on without. What
 * is on the disk stays as it is. */
_Noreturn void heap_exhausted(const struct heap *heap, const char *what);

/* Reserves addresses and makes empty spaces; nil, class table and special objects come from an image or from the genesis. */
bool heap_open(struct heap *heap, const struct heap_options *options,
               struct status *status) VIV_MUST_USE;
void heap_close(struct heap *heap);
void heap_add_roots(struct heap *heap, const struct heap_roots *roots);

/* Preferred address of old space's first object: 2 MB-aligned plus one 4096-byte page. */
uint64_t heap_preferred_base(void);

/* Grows old space's walkable part to hold size bytes at its end, uninitialised; answers its address or NULL at the limit. */
uint64_t *heap_extend_old(struct heap *heap, size_t size);

/* Once nil is at old.base: takes nil, false, true, hidden roots and special objects into use. */
void heap_adopt_image(struct heap *heap, oop special_objects);

/* --- allocation ------------------------------------------------------------------------------------------------------- */

/* The slow part of heap_allocate: asks for a poll, uses eden's slack or old space. */
oop heap_allocate_slow(struct heap *heap, uint32_t class_index, unsigned format, size_t slot_count);

/* A new object in old space, slots uninitialised, remembered when it has pointers. */
oop heap_allocate_old(struct heap *heap, uint32_t class_index, unsigned format, size_t slot_count);

/* A new object with uninitialised slots: the caller fills all of them before anything else is allocated. */
static inline oop heap_allocate(struct heap *heap, uint32_t class_index, unsigned format,
                                size_t slot_count)
{
    uint64_t *free = heap->eden_free;
    size_t words = 1 + (slot_count == 0 ? 1 : slot_count);
    if (VIV_LIKELY(slot_count < OVERFLOW_SLOTS && free + words <= heap->eden_limit)) {
        heap->eden_free = free + words;
        viv_unpoison(free, words * 8);
        *free = (uint64_t)slot_count << HEADER_SLOTS_SHIFT |
                (uint64_t)format << HEADER_FORMAT_SHIFT | class_index;
        return object_at_address(free);
    }
    return heap_allocate_slow(heap, class_index, format, slot_count);
}

/* Pointer slots filled with nil. */
oop heap_allocate_pointers(struct heap *heap, uint32_t class_index, unsigned format,
                           size_t slot_count);
/* Zeroed bytes; the format's low bits hold the unused trailing bytes. */
oop heap_allocate_bytes(struct heap *heap, uint32_t class_index, size_t byte_count);
/* Zeroed 32-bit elements (format 10 or 11). */
oop heap_allocate_words32(struct heap *heap, uint32_t class_index, size_t element_count);
oop heap_allocate_array(struct heap *heap, size_t element_count);
/* A byte string of the given bytes (Latin-1 code points). */
oop heap_allocate_string(struct heap *heap, const char *bytes, size_t byte_count);

/* A new instance of a class by its format, slots nil or zero; indexable_count must be 0 for a class without indexed part.
 * NO_OOP when there is no memory; *valid is false when the class cannot have such instances. */
oop heap_instantiate(struct heap *heap, oop class, size_t indexable_count, bool *valid);
oop heap_shallow_copy(struct heap *heap, oop object);

/* Objects for numbers, as the image's dialect has them; NO_OOP when there is no memory. */
oop heap_integer(struct heap *heap, int64_t value);
oop heap_unsigned(struct heap *heap, uint64_t value);
oop heap_float(struct heap *heap, double value);
/* The Character of a code point: immediate, or in older dialects the image's own; NO_OOP where it has none. And back, -1 for what is
 * no Character. */
oop heap_character(const struct heap *heap, uint32_t code_point);
int64_t heap_character_code(const struct heap *heap, oop character);
/* A large or small integer from a little-endian magnitude, normalised. */
oop heap_integer_from_magnitude(struct heap *heap, bool negative, const uint8_t *bytes,
                                size_t byte_count);

/* --- stores ----------------------------------------------------------------------------------------------------------- */

void heap_remember(struct heap *heap, oop object);

static inline bool heap_is_young(const struct heap *heap, oop value)
{
    return oop_is_object(value) && value.bits - heap->young_base < heap->young_size;
}

/* Whether the collector must be told that value goes into object: it is young, or a cycle is marking. */
static inline bool heap_store_is_noted(const struct heap *heap, oop object, oop value)
{
    return oop_is_object(value) && value.bits - heap->barrier_base < heap->barrier_size &&
           object.bits - heap->young_base >= heap->young_size &&
           (object_header(object) & heap->barrier_mask) == 0;
}

/* Tells it, where heap_store_is_noted. */
void heap_note(struct heap *heap, oop object, size_t index, oop value);

/* Tells the collector that value was or will be stored in a slot of object. */
static inline void heap_note_store(struct heap *heap, oop object, size_t index, oop value)
{
    if (heap_store_is_noted(heap, object, value))
        heap_note(heap, object, index, value);
}

/* Tells the collector that an object has another class, format or body than before. */
void heap_note_change(struct heap *heap, oop object);

static inline void heap_store(struct heap *heap, oop object, size_t index, oop value)
{
    heap_note_store(heap, object, index, value);
    object_slots(object)[index] = value;
}

/* --- classes and special objects -------------------------------------------------------------------------------------- */

static inline oop heap_special(const struct heap *heap, enum special_object index)
{
    return object_slot(heap->special_objects, (size_t)index);
}

/* nil when the entry is past the end of a shorter array. */
oop heap_special_or_nil(const struct heap *heap, size_t index);

/* The table index of a class, entering it first where needed; 0 when the table is full or memory is out. */
uint32_t heap_class_index_for(struct heap *heap, oop class);
/* Puts class at a given index and makes that its identity hash (genesis, adopting). False when there is no memory. */
bool heap_class_table_put(struct heap *heap, uint32_t class_index, oop class) VIV_MUST_USE;

/* The identity hash of an object, made on first use. Never 0. Classes answer their table index. */
uint32_t heap_identity_hash(struct heap *heap, oop object);

/* What a class's format says of its instances: fixed slots, and their format with nothing in its low bits. */
static inline size_t heap_class_fixed_count(const struct heap *heap, oop class)
{
    return dialect_class_fixed_count(heap->dialect,
                                     oop_to_integer(object_slot(class, SLOT_BEHAVIOR_FORMAT)));
}

static inline unsigned heap_class_spec(const struct heap *heap, oop class)
{
    return dialect_class_spec(heap->dialect,
                              oop_to_integer(object_slot(class, SLOT_BEHAVIOR_FORMAT)));
}

/* The fixed slots of any pointer object, by its class. */
size_t heap_fixed_slot_count(const struct heap *heap, oop object);

static inline oop heap_boolean(const struct heap *heap, bool value)
{
    return value ? heap->true_object : heap->false_object;
}

/* Follows forwarders. */
static inline oop heap_follow(oop value)
{
    while (oop_is_object(value) && VIV_UNLIKELY(object_is_forwarder(value)))
        value = object_slot(value, 0);
    return value;
}

/* The class at a class-table index; nil for an empty or impossible entry. */
static inline oop heap_class_at(const struct heap *heap, uint32_t class_index)
{
    oop page = object_slot(heap->hidden_roots, class_index / CLASS_PAGE_SLOTS);
    if (oop_same(page, heap->nil))
        return heap->nil;
    return heap_follow(object_slot(page, class_index % CLASS_PAGE_SLOTS));
}

/* Whether the object is a class that the table names. */
static inline bool heap_is_in_class_table(const struct heap *heap, oop object)
{
    uint32_t hash = object_hash_bits(object);
    return hash != 0 && oop_same(heap_class_at(heap, hash), object);
}

static inline oop heap_class_of(const struct heap *heap, oop value)
{
    return heap_class_at(heap, oop_class_index(value));
}

/* A context of a method or block, or an old block context: its slots may be in a frame. */
static inline bool object_is_context(oop object)
{
    return class_index_is_context(object_class_index(object));
}

static inline bool oop_is_context(oop value)
{
    return oop_is_object(value) && object_is_context(value);
}

/* A compiled method or block. */
static inline bool oop_is_code(oop value)
{
    return oop_is_object(value) && format_is_code(object_format(value));
}

/* An object of at least so many slots, which hold oops and may be used as they lie; a context is none. */
static inline bool oop_has_slots(oop value, size_t least)
{
    return oop_is_object(value) && format_is_pointers(object_format(value)) &&
           !object_is_context(value) && object_slot_count(value) >= least;
}

/* --- collection (at polls only) --------------------------------------------------------------------------------------- */

/* Whether old space could take in all that is young: false means that only a full collection, or giving up, helps. */
bool heap_can_scavenge(const struct heap *heap);
void heap_scavenge(struct heap *heap);
/* Scavenges with everything tenured: afterwards nothing is young. */
void heap_tenure_all(struct heap *heap);
/* Marks and sweeps; with compact also slides old space together. */
void heap_collect_full(struct heap *heap, bool compact);
/* How long a step may take: until a time of os_monotonic_ns, looked at now and then, and at most so many objects. */
struct budget {
    uint64_t until_ns;
    size_t objects;
};
/* What a step should take, in nanoseconds. */
#define HEAP_STEP_NS UINT64_C(1000000)
/* A step of a cycle, which begins where none is going on. Answers whether the cycle is over. */
bool heap_collect_some(struct heap *heap, struct budget budget);
/* While the world waits: when there is something to do for the collector, in the time of os_monotonic_ns; 0 now, UINT64_MAX not before
 * the world has gone on. And a piece of it. */
uint64_t heap_idle_due_ns(struct heap *heap);
void heap_idle_step(struct heap *heap);
/* While phase is HEAP_MARKING_MORE: whether an object is known to live. */
bool heap_is_marked(const struct heap *heap, oop object);
/* Where an object went during the collection that is running; NO_OOP when it died. Only from `after` hooks. */
oop heap_survivor(const struct heap *heap, oop object);

/* Counts pauses from now on. */
void heap_forget_pauses(struct heap *heap);

/* From any thread. What was asked for before is seen by the poll (stack_set_poll_limit). */
static inline void heap_request_poll(struct heap *heap)
{
    if (heap->poll_word != NULL)
        atomic_store_explicit(heap->poll_word, UINTPTR_MAX, memory_order_release);
}

/* Bytes of old space that objects occupy, and of the whole heap. */
size_t heap_old_used_size(const struct heap *heap);
size_t heap_used_size(const struct heap *heap);
/* Makes [base, limit) of old space walkable: closes the run that allocation is carving. */
void heap_seal(struct heap *heap);

/* --- walking ---------------------------------------------------------------------------------------------------------- */

/* The first object, and the one after; free chunks, forwarders and hidden objects are passed over. NO_OOP at the end. The
 * walk covers old space, survivors, eden; nothing may be allocated and freed between two steps but at the end of eden. */
oop heap_first_object(struct heap *heap);
oop heap_next_object(struct heap *heap, oop object);
/* How many there are. */
size_t heap_object_count(struct heap *heap);
/* Whether every reference leads to an object, every format fits and every young reference is remembered; a sentence if not. */
bool heap_verify(struct heap *heap, struct status *status) VIV_MUST_USE;

/* --- become ----------------------------------------------------------------------------------------------------------- */

/* Exchanges or forwards the identities of the elements of two arrays, pairwise. Leaves forwarders; roots are followed by the
 * caller's roots `visit`. Answers 0 or the primitive error code. */
int heap_become(struct heap *heap, oop left, oop right, bool two_way, bool copy_hash);

/* Lists that roots keep: grow by doubling; false when C memory is out. */
bool oop_list_add(struct oop_list *list, oop value) VIV_MUST_USE;
/* The same for a list of the collector's, which has the reserve; without that the process ends (heap_exhausted). */
void heap_list_add(struct heap *heap, struct oop_list *list, oop value);
void oop_list_free(struct oop_list *list);

#endif
