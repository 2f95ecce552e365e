/*
 * SoundPlugin without a loudspeaker: what is played is dropped at the speed at which it would be heard, so that whoever waits for the
 * end of a sound waits as long as it lasts. Nothing is recorded.
 */
#include "primitives/functions.h"
#include "vm/base/os.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { FRAMES_MAX = 1 << 20, RATE_MAX = 384000, BUFFERS = 2, SAMPLE_SIZE = 2, NS_PER_MS = 1000000 };
static const int64_t NS_PER_SECOND = 1000000000;

struct player {
    bool playing;
    bool stereo;
    int64_t rate;
    int64_t capacity; /* frames */
    int64_t end_ns;   /* when all that was played will have been heard */
    double volume[2];
    bool ticking; /* the thread runs, and tells a semaphore whenever a buffer would be empty */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
    struct vm *vm;
    size_t semaphore;
    int64_t period_ns;
};

static void *tick_main(void *context)
{
    struct player *player = context;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    pthread_mutex_lock(&player->mutex);
    while (!player->stopping) {
        int64_t ns = until.tv_nsec + player->period_ns;
        until.tv_sec += ns / NS_PER_SECOND;
        until.tv_nsec = ns % NS_PER_SECOND;
        pthread_cond_timedwait(&player->changed, &player->mutex, &until);
        if (!player->stopping)
            (void)vm_signal_external(player->vm, player->semaphore);
    }
    pthread_mutex_unlock(&player->mutex);
    return NULL;
}

static void stop(struct player *player)
{
    player->playing = false;
    if (!player->ticking)
        return;
    pthread_mutex_lock(&player->mutex);
    player->stopping = true;
    pthread_cond_signal(&player->changed);
    pthread_mutex_unlock(&player->mutex);
    pthread_join(player->thread, NULL);
    player->ticking = false;
}

static bool open_player(void *state)
{
    struct player *player = state;
    player->volume[0] = player->volume[1] = 1.0;
    return pthread_mutex_init(&player->mutex, NULL) == 0 &&
           pthread_cond_init(&player->changed, NULL) == 0;
}

static void release_player(void *state)
{
    struct player *player = state;
    stop(player);
    pthread_cond_destroy(&player->changed);
    pthread_mutex_destroy(&player->mutex);
    free(player);
}

static struct player *player_of(struct vm *vm)
{
    return vm_ensure_module_state(vm, "SoundPlugin", sizeof(struct player), open_player,
                                  release_player);
}

static int64_t now_ns(void)
{
    return (int64_t)os_monotonic_ns();
}

/* startSound: frames rate: rate stereo: flag, and the index of a semaphore that is told of room. */
prim_result prim_sound_start(struct vm *vm, const prim_call *call)
{
    struct player *player = player_of(vm);
    int64_t frames, rate, semaphore = 0;
    bool stereo;
    if (player == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_integer(call, 0, &frames);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &rate);
    if (result == PRIM_OK && call->argument_count > 3)
        result = arg_integer(call, 3, &semaphore);
    if (result != PRIM_OK)
        return result;
    if (frames < 1 || frames > FRAMES_MAX || rate < 1 || rate > RATE_MAX || semaphore < 0 ||
        semaphore > INT32_MAX || arg_boolean(vm, call, 2, &stereo) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    stop(player);
    player->playing = true;
    player->stereo = stereo;
    player->rate = rate;
    player->capacity = BUFFERS * frames;
    player->end_ns = now_ns();
    player->period_ns = frames * NS_PER_SECOND / rate;
    if (player->period_ns < NS_PER_MS)
        player->period_ns = NS_PER_MS;
    player->vm = vm;
    player->semaphore = (size_t)semaphore;
    player->stopping = false;
    player->ticking =
        semaphore != 0 && pthread_create(&player->thread, NULL, tick_main, player) == 0;
    return answer_self(vm, call);
}

prim_result prim_sound_stop(struct vm *vm, const prim_call *call)
{
    struct player *player = vm_module_state(vm, "SoundPlugin");
    if (player != NULL)
        stop(player);
    return answer_self(vm, call);
}

/* Frames that there is room for. */
static int64_t room_in(const struct player *player)
{
    int64_t left_ns = player->end_ns - now_ns();
    int64_t queued =
        left_ns <= 0 ? 0
                     : (int64_t)((double)left_ns * (double)player->rate / (double)NS_PER_SECOND);
    return queued >= player->capacity ? 0 : player->capacity - queued;
}

/* Bytes that there is room for. */
prim_result prim_sound_available(struct vm *vm, const prim_call *call)
{
    const struct player *player = vm_module_state(vm, "SoundPlugin");
    if (player == NULL || !player->playing)
        return PRIM_INAPPROPRIATE;
    return answer_integer(vm, call, room_in(player) * SAMPLE_SIZE * (player->stereo ? 2 : 1));
}

/* playSamples: count from: buffer startingAt: first: how many frames there was room for. */
prim_result prim_sound_play(struct vm *vm, const prim_call *call)
{
    struct player *player = vm_module_state(vm, "SoundPlugin");
    oop buffer = prim_argument(call, 1);
    int64_t count, first;
    if (player == NULL || !player->playing)
        return PRIM_INAPPROPRIATE;
    prim_result result = arg_integer(call, 0, &count);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &first);
    if (result != PRIM_OK)
        return result;
    if (!oop_is_object(buffer) || !format_is_bits(object_format(buffer)))
        return PRIM_BAD_ARGUMENT;
    if (count < 0 || first < 1 || (uint64_t)count > object_byte_count(buffer))
        return PRIM_BAD_INDEX;
    int64_t room = room_in(player);
    int64_t now = now_ns();
    count = count < room ? count : room;
    player->end_ns =
        (player->end_ns > now ? player->end_ns : now) + count * NS_PER_SECOND / player->rate;
    return answer_integer(vm, call, count);
}

/* Nothing has to be played for silence, and nothing is mixed into what is being played. */
prim_result prim_sound_none(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, 0);
}

prim_result prim_sound_volume(struct vm *vm, const prim_call *call)
{
    const struct player *player = player_of(vm);
    if (player == NULL)
        return PRIM_NO_C_MEMORY;
    struct heap *heap = vm_heap(vm);
    oop left = heap_float(heap, player->volume[0]);
    return answer_pair(vm, call, left, heap_float(heap, player->volume[1]));
}

/* Of the left and the right, 0.0 to 1.0. */
prim_result prim_sound_set_volume(struct vm *vm, const prim_call *call)
{
    struct player *player = player_of(vm);
    double volume[2];
    if (player == NULL)
        return PRIM_NO_C_MEMORY;
    for (size_t i = 0; i < 2; i++)
        if (!oop_as_float(vm, prim_argument(call, i), &volume[i]) ||
            !(volume[i] >= 0.0 && volume[i] <= 1.0))
            return PRIM_BAD_ARGUMENT;
    memcpy(player->volume, volume, sizeof volume);
    return answer_self(vm, call);
}
