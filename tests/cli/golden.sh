#!/usr/bin/env bash
# T33, old images: what was written by any version that went out is loaded and goes on; what a version to come writes is refused, with both versions named.
. "$(dirname "$0")/lib.sh"

golden=$ROOT/tests/golden
runs() { # NAME IMAGE OPTION...: the world goes on in the middle of its recursion, counts, prints and ends with its own code
    local name=$1 image=$2
    shift 2
    capture "$VIV" --timeout 20 "$@" run "$image"
    [ "$status" -eq 42 ] && [ "$output" = $'golden: all is right\n' ] && pass "$name" || fail "$name" "$(describe)"
}
patch() { # FILE OFFSET BYTES
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

for file in "$golden"/*.image.gz; do
    version=$(basename "$file" .image.gz)
    gunzip <"$file" >"$version.image"
    check_match "an image of $version is sound" 0 sound "$VIV" check "$version.image"
    runs "it goes on" "$version.image"
    runs "also when nothing is believed" "$version.image" --untrusted
    check "it is saved as one of today" '' "$VIV" save-as "$version.image" today.image
    runs "which goes on as well" today.image
    # As other programs write it: a header of 128 bytes, of either kind, perhaps behind 512 bytes.
    { head -c 128 "$version.image"; tail -c +4097 "$version.image"; } >short.image
    patch short.image 4 '\200\0\0\0'
    runs "it goes on with the header that others write" short.image
    patch short.image 0 '\265\013\001\0'
    runs "and with their other magic" short.image
    { head -c 512 /dev/zero | tr '\0' '#'; cat short.image; } >prefixed.image
    runs "and behind 512 bytes" prefixed.image
done
"$VIV" build "$golden/world/manifest" -o built.image
runs "the text of the golden world makes one of today" built.image

for file in "$golden"/*.journal; do
    version=$(basename "$file" .journal)
    cp "$file" old.journal
    cp "$IMAGE" old.image
    check_match "a journal of $version is read" 0 'methodAdded Golden>>answer' "$VIV" log old.image
    check "and what it has is brought back" '4 of 4 changes are back' "$VIV" recover old.image --apply
    check "as it was" '#(ä42 false)' "$VIV" eval old.image '{ (Smalltalk at: #Golden) new answer. (Smalltalk at: #Golden) includesSelector: #wrong }'
done

cp "$version.image" future.image
patch future.image 136 '\002\0\0\0'
for command in run info check; do
    check_match "an image of a version to come is refused, both are named: $command" 6 'future.image: .*wanted an image of version 1, .* found one of version 2' "$VIV" $command future.image
done
cp "$golden/v1.journal" future.journal
patch future.journal 8 '\002\0\0\0'
before=$(cksum <future.journal)
check_match "a journal of a version to come too" 1 'future.journal is a journal of version 2; this program reads version 1' "$VIV" log future.journal
cp "$IMAGE" future.image
check_match "a world beside it says so" 0 'is a journal of version 2; this program reads version 1' sh -c 'echo 3 + 4 | "$1" repl future.image 2>&1' sh "$VIV"
[ "$(cksum <future.journal)" = "$before" ] && pass "and leaves it alone" || fail "and leaves it alone"
