#!/usr/bin/env bash
# T34: defects that lose work are planted in a copy of the sources, one at a time; the test of power cuts must catch each.
. "$(dirname "$0")/../../cli/lib.sh"

tar -C "$ROOT" --exclude=./build --exclude=./.git --exclude=./tests/gui -cf - . | tar -xf -
mkdir -p tests/gui
cmake --preset dev >log 2>&1 || fail "a copy of the sources is configured" "$(tail -n 5 log)"
caught() { ! timeout 100 build/dev/unit/store-power_test >log 2>&1; }
make_test() { cmake --build build/dev --target store-power_test >log 2>&1; }

make_test && ! caught && pass "without a defect the test passes" || fail "without a defect the test passes" "$(tail -n 5 log)"

plant() { # NAME FILE SED
    cp "$2" whole
    sed -i "$3" "$2"
    if cmp -s "$2" whole; then
        fail "$1" "the place in $2 is not there any more"
    elif ! make_test; then
        fail "$1" "$(grep -m 3 'error' log)"
    elif caught; then
        pass "$1 is caught"
    else
        fail "$1 is caught"
    fi
    cp whole "$2"
}
plant "an image that is not synced before it gets its name" image/format/replace.c \
    's/return io_sync(file->io, file->fd) || fail(file);/return file->fd >= 0;/'
plant "a folder that is not synced after a save" image/format/replace.c 's/if (io_sync_directory_of(file->io, file->path))/if (file->fd < 0)/'
plant "a save that removes the image before it writes the new name" image/format/replace.c \
    's/^    keep_older(file);/&\n    (void)file->io->unlink(file->io->context, file->path);/'
plant "a journal that is not synced" image/store/journal.c 's/if (io_sync(journal->io, journal->fd))/if (journal->fd >= 0)/'
plant "a journal whose folder is not synced" image/store/journal.c 's/io_sync_directory_of(io, journal->path);/journal->fd >= 0;/'
plant "a torn tail that is taken for a record" image/store/journal.c 's/return hash_of(&head, payload) == head.hash;/return true;/'
