/* SoundPlugin in silence: what is played takes its time; every wrong argument. */
#include "tests/unit/primitives/modules.h"

#include <time.h>

static const char *const SOUND = "SoundPlugin";

enum { FRAMES = 1000, RATE = 20000, WAIT_MS = 5, PATIENCE = 400 };

static void pause_a_moment(void)
{
    nanosleep(&(struct timespec){0, WAIT_MS * 1000000L}, NULL);
}

static int64_t available(struct world *world)
{
    return oop_to_integer(CALL0(world, SOUND, "primitiveSoundAvailableSpace", world->heap->nil));
}

static int64_t play(struct world *world, int64_t count)
{
    oop buffer = words_of(world, NULL, 4 * FRAMES);
    return oop_to_integer(
        CALL(world, SOUND, "primitiveSoundPlaySamples", buffer, small(count), buffer, small(1)));
}

static void what_is_played_takes_its_time(void **state)
{
    struct world *world = *state;
    CALL(world, SOUND, "primitiveSoundStart", small(1), small(FRAMES), small(RATE),
         world->heap->true_object);
    assert_int_equal(world->result, PRIM_OK);
    assert_int_equal(available(world), 2 * FRAMES * 4);
    assert_int_equal(play(world, 3 * FRAMES), 2 * FRAMES);
    assert_true(available(world) < FRAMES * 4);
    int waits = 0;
    while (available(world) < 2 * FRAMES * 4 && waits < PATIENCE) {
        pause_a_moment();
        waits++;
    }
    /* A tenth of a second. */
    assert_in_range(waits, 8, PATIENCE - 1);
    CALL0(world, SOUND, "primitiveSoundStop", small(1));
    CALL0(world, SOUND, "primitiveSoundAvailableSpace", small(1));
    assert_int_equal(world->result, PRIM_INAPPROPRIATE);
    play(world, 1);
    assert_int_equal(world->result, PRIM_INAPPROPRIATE);
}

static void a_player_with_a_semaphore_starts_again_and_again(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 5; i++) {
        CALL(world, SOUND, "primitiveSoundStartWithSemaphore", small(1), small(1), small(RATE),
             world->heap->false_object, small(1));
        assert_int_equal(world->result, PRIM_OK);
        assert_int_equal(available(world), 2 * 2);
        atomic_store(&world->vm->requests.external_signals, 0);
        for (int waits = 0; atomic_load(&world->vm->requests.external_signals) == 0; waits++) {
            assert_true(waits < PATIENCE);
            pause_a_moment();
        }
    }
}

static void the_volume_is_kept(void **state)
{
    struct world *world = *state;
    CALL(world, SOUND, "primitiveSoundSetLeftVolume", small(1), heap_float(world->heap, 0.25),
         small(1));
    oop pair = CALL0(world, SOUND, "primitiveSoundGetVolume", small(1));
    assert_true(float_of(world, object_slot(pair, 0)) == 0.25 &&
                float_of(world, object_slot(pair, 1)) == 1.0);
    oop wrong[] = {small(2), heap_float(world->heap, NAN), heap_float(world->heap, -0.5),
                   world->heap->nil};
    for (size_t i = 0; i < 4; i++) {
        CALL(world, SOUND, "primitiveSoundSetLeftVolume", small(1), small(0), wrong[i]);
        assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    }
    pair = CALL0(world, SOUND, "primitiveSoundGetVolume", small(1));
    assert_true(float_of(world, object_slot(pair, 0)) == 0.25);
}

static void nothing_else_is_accepted(void **state)
{
    struct world *world = *state;
    oop own[] = {small(1000), world->heap->true_object, small(1)};
    call_with_everything(world, SOUND, own, 3, "primitiveSoundStartWithSemaphore");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_played_takes_its_time),
        cmocka_unit_test(a_player_with_a_semaphore_starts_again_and_again),
        cmocka_unit_test(the_volume_is_kept),
        cmocka_unit_test(nothing_else_is_accepted),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
