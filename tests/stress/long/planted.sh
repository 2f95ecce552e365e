#!/usr/bin/env bash
# T34: defects are planted in a copy of the sources, one at a time; a test of the programme must catch each. Without them the tests pass.
# PLANTED='words' plants only those whose name has the words.
. "$(dirname "$0")/../../cli/lib.sh"

tar -C "$ROOT" --exclude=./build --exclude=./.git --exclude=./tests/gui -cf - . | tar -xf -
mkdir -p tests/gui
cmake --preset dev -DVIV_WERROR=OFF >log 2>&1 || fail "a copy of the sources is configured" "$(tail -n 5 log)"
export SCRATCH=$WORK ROOT=$WORK IMAGE SHARED_IMAGES

# The catchers: each is true when its test passes, and answers 125 when the sources cannot be built.
unit() { # PROGRAM
    cmake --build build/dev --target "$1" >log 2>&1 || return 125
    timeout --kill-after=5 120 "build/dev/unit/$1" >log 2>&1
}
world() { # MANIFEST OPTIONS CLASS... : tests in a world, with switches of stress; small worlds are quicker under them
    local image=${1##*/}.image options=$2
    cmake --build build/dev --target viv >log 2>&1 || return 125
    # The first call is without a defect.
    [ -f "$image" ] || build/dev/viv build "$1" -o "$image" >log 2>&1 || return 125
    shift 2
    # shellcheck disable=SC2086
    timeout --kill-after=5 60 build/dev/viv $options test "$image" "$@" >log 2>&1
}
small=tests/unit/vm/small_world.manifest
whole=image/packages/manifest

# Which test told, or how it ended that told nothing.
witness() { # STATUS
    grep -aoE '^(fail|error) [A-Za-z]+>>[A-Za-z0-9]+|\[  FAILED  \] [a-z_0-9]{10,}' log | head -n 1 |
        sed 's/^\(fail\|error\|\[  FAILED  \]\) //' | grep . || { [ "$1" = 124 ] && echo "its time limit" || echo "its end with status $1"; }
}

declare -A sound # what catchers have passed without a defect
began=$SECONDS planted=0 caught=0

plant() { # NAME FILE SED CATCHER...
    local name=$1 file=$2 change=$3 status
    shift 3
    [[ $name == *"${PLANTED:-}"* ]] || return 0
    planted=$((planted + 1))
    if [ -z "${sound["$*"]:-}" ]; then
        "$@" || { fail "without a defect $* passes" "$(tail -n 20 log)"; return; }
        sound["$*"]=yes
    fi
    cp "$file" whole
    sed -i "$change" "$file"
    if cmp -s "$file" whole; then
        fail "$name" "the place in $file is not there any more"
    else
        "$@"
        status=$?
        case $status in
        0) fail "$name is caught" "$* passes" ;;
        125) fail "$name can be built" "$(grep -m 3 'error' log)" ;;
        *)
            pass "$name is caught by $(witness $status) ($*)"
            caught=$((caught + 1))
            ;;
        esac
    fi
    cp whole "$file"
}

# --- work is lost: saves, journal, locks

plant "an image that is not synced before it gets its name" image/format/replace.c \
    's/return io_sync(file->io, file->fd) || fail(file);/return file->fd >= 0;/' unit store-power_test
plant "a folder that is not synced after a save" image/format/replace.c \
    's/if (io_sync_directory_of(file->io, file->path))/if (file->fd < 0)/' unit store-power_test
plant "a save that removes the image before it writes the new name" image/format/replace.c \
    's/^    keep_older(file);/&\n    (void)file->io->unlink(file->io->context, file->path);/' unit store-power_test
plant "a torn save: the image is overwritten where it is" image/format/replace.c \
    '/if (!name_temporary(file))/,/return false;/d; s/file->fd = io_open(file->io, file->temporary, .*/(void)name_temporary(file);\n        snprintf(file->temporary, sizeof file->temporary, "%s", file->path);\n        file->fd = io_open(file->io, file->temporary, O_RDWR | O_CREAT | O_TRUNC, mode);/' \
    unit store-power_test
plant "a failed sync that is taken for a save" image/format/replace.c \
    's/return io_sync(file->io, file->fd) || fail(file);/(void)!io_sync(file->io, file->fd);\n    return true;/' unit format-save_test
plant "a journal that is not synced" image/store/journal.c 's/if (io_sync(journal->io, journal->fd))/if (journal->fd >= 0)/' \
    unit store-power_test
plant "a journal whose folder is not synced" image/store/journal.c 's/io_sync_directory_of(io, journal->path);/journal->fd >= 0;/' \
    unit store-power_test
plant "a torn tail that is taken for a record" image/store/journal.c 's/return hash_of(&head, payload) == head.hash;/return true;/' \
    unit store-power_test
plant "a lock that is not taken: two writers" image/store/lock.c \
    's/result = fcntl(fd, F_OFD_SETLK, &whole);/result = fcntl(fd, F_OFD_GETLK, \&whole);/' unit store-lock_test

# --- bad input gets in: images, code, arguments

plant "a checksum of the image that is not compared" image/format/checksum.c \
    's/if (found == header->data_hash)/if (header != NULL)/' unit format-save_test
plant "a reference of the image that is not checked" image/format/checker.c \
    's/if (!check_oop(checker, object->offset + 8 + i \* 8, slots\[i\]))/if (checker == NULL)/' unit format-mutants_test
plant "a jump whose target is not verified" vm/code/verify.c \
    's/if (scratch->starts\[to\] == 0)/if (scratch == NULL)/' unit code-verify_test
plant "a primitive that does not look at the type of its argument" vm/primitive.c \
    '/^prim_result arg_bytes/,/^}/s/if (!oop_is_bytes(value))/if (!oop_is_object(value))/' unit primitives-torture_test
plant "a primitive that does not look at its index" primitives/objects.c \
    '/^prim_result prim_at_put/,/^}/s/arg_index(call, first, elements.count, &index)/arg_index(call, first, elements.count + 2, \&index)/' \
    unit primitives-torture_test

# --- objects are lost or corrupted

plant "an assignment without the write barrier" vm/code/ops.def \
    's/if (VIV_UNLIKELY(NEEDS_REMEMBER(receiver, tos)))  */if (VIV_UNLIKELY(oop_is_none(receiver)))/' \
    world $small "" MachineMemoryTest
plant "a primitive that stores without the write barrier" primitives/elements.c \
    's/heap_store(vm_heap(vm), elements->object, /object_slot_init(elements->object, /' \
    world $small "" MachineMemoryTest
plant "an object held over a collection that moves it" vm/execution/control_memory.c \
    '/^        object = vm->sp\[1\];/d' world $whole "" ObjectTest
plant "a context that is flushed without its last value" vm/execution/frames.c \
    '/^static void move_to_context/,/^}/s/SLOT_CONTEXT_FRAME + i, \*frame_slot(fp, i)/SLOT_CONTEXT_FRAME + i, *frame_slot(fp, i > 0 \&\& i + 1 == count ? i - 1 : i)/' \
    world $small "" MachineContextTest
plant "a context that tells what its frame had before" vm/execution/frames.c \
    '/^oop context_fetch/,/^}/s/return \*frame_slot(fp, index - SLOT_CONTEXT_FRAME);/return object_slot(context, index);/' \
    world $small "" MachineContextTest
plant "a context that keeps what its frame has forgotten" vm/execution/frames.c \
    '/must not live on in the context/,/^}/s/object_slot_init(context, SLOT_CONTEXT_FRAME + i, vm->heap.nil);/(void)i;/' \
    world $small "" MachineMemoryTest
plant "a weak reference that keeps its object" vm/memory/trace.h \
    's/return heap_fixed_slot_count(heap, object);/return object_pointer_count(object);/' unit memory-weak_test
plant "an ephemeron that fires while its key lives" vm/memory/trace.c \
    's/if (tracer->survives(heap, object_slot(ephemeron, 0)))/if (waiting == NULL)/' unit memory-weak_test
plant "a pinned object that is moved" vm/memory/compact.c \
    's/object_is_pinned(object)/oop_is_none(object)/' unit memory-full_test

# --- messages, signals and processes go astray

plant "an inline cache that survives a change of the method" vm/execution/caches.c \
    '/^void send_flush_selector/,/^}/s/    code_table_reset_cells(.*/    (void)has_selector;\n    (void)selector;/' world $whole "" MachineCodeTest
plant "a lost wake-up: a signal that nobody waits for is dropped" vm/execution/process.c \
    's/oop_from_integer(count + 1)/oop_from_integer(count)/' world $small "" MachineProcessTest
plant "a lost wake-up: an idle machine does not hear its timer" vm/execution/timer.c \
    's/return atomic_load(&requests->timer_due) ||/return/' world $small "" MachineProcessTest
plant "of two signals from outside one is dropped" vm/execution/timer.c \
    's/signal->count++;/signal->count = 1;/' unit vm-signals_test
plant "a request to stop that is not heard" vm/execution/poll.c \
    's/if (atomic_exchange(&requests->stop, false)) {/if (requests == NULL) {/' unit vm-interrupts_test

echo "# $planted defects planted, $caught caught in $((SECONDS - began)) s"
