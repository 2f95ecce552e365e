#!/usr/bin/env bash
# Saving happens when it is asked for, whole or not at all.
. "$(dirname "$0")/lib.sh"

cp "$IMAGE" world.image
check "--save-as writes another image" 3 "$VIV" --image world.image eval --save-as new.image 'Smalltalk at: #Kept put: 3'
check "which knows what was done" 3 "$VIV" --image new.image eval 'Smalltalk at: #Kept'
check_status "the first one does not" 3 "$VIV" --image world.image eval 'Smalltalk at: #Kept'
check "--save writes the image itself" 4 "$VIV" --image world.image eval --save 'Smalltalk at: #Kept put: 4'
check "and it is found there" 4 "$VIV" --image world.image eval 'Smalltalk at: #Kept'
check_match "saved images are sound" 0 'sound' "$VIV" check new.image
check_match "also the one in place" 0 'sound' "$VIV" check world.image
check "save-as copies a world" '' "$VIV" save-as world.image copy.image
check "with everything in it" 4 "$VIV" --image copy.image eval 'Smalltalk at: #Kept'

check_match "the pristine image that nobody named is never written" 8 'pristine image, which is never written' \
    env -u VIVARIUM_IMAGE "$VIV" eval --save 3
check_match "neither by the program itself" 8 'never written' env -u VIVARIUM_IMAGE "$VIV" eval 'Smalltalk snapshot'

cat >entry.st <<'SCRIPT'
Smalltalk snapshot: true andQuit: true.
Stdio stdout nextPutAll: 'woke'; lf.
SCRIPT
cp "$IMAGE" going.image
check "a script that saves and quits prints nothing" '' "$VIV" --image going.image entry.st
check "run goes on inside the method that saved" woke "$VIV" run going.image

if unshare -Urm true 2>/dev/null; then
    in_full_disk() {
        mkdir -p disk
        unshare -Urm sh -c '
            mount -t tmpfs -o size=$(( ($(stat -c %s "$2") / 4096 + 64) * 4 ))k tmpfs disk && cp "$2" disk/w.image &&
            before=$(sha256sum <disk/w.image)
            "$1" --image disk/w.image eval --save "Smalltalk at: #Kept put: 5"
            status=$?
            [ "$(sha256sum <disk/w.image)" = "$before" ] && "$1" --image disk/w.image eval 3+4 &&
                ls -A disk | grep -vx w.image
            exit $status' sh "$VIV" "$IMAGE"
    }
    check_match "a full disk fails the save" 8 'space|ENOSPC' in_full_disk
    [ "$output" = $'7\n' ] && pass "the old image is whole and nothing else is left" ||
        fail "the old image is whole and nothing else is left" "$(describe)"
else
    pass "no name spaces here: a full disk cannot be made"
fi
mkdir closed
cp "$IMAGE" closed/world.image
if [ "$(id -u)" -ne 0 ]; then
    chmod a-w closed
    check_match "a folder that cannot be written fails the save" 8 'closed' \
        "$VIV" --image closed/world.image eval --save 3
    chmod u+w closed
fi
check_match "a folder that is not there fails the save" 8 'nowhere' "$VIV" eval --save-as nowhere/new.image 3

cp "$IMAGE" killed.image
dead=$(sh -c 'echo $$')
: >".killed.image.$dead.0123abcd.tmp"
: >".killed.image.$$.0123abcd.tmp"
: >".killed.image.$dead.notes.tmp"
capture "$VIV" eval killed.image --save 3
left=$(ls -A | grep '^\.killed' | sort | tr '\n' ' ')
[ "$left" = "$(printf '%s\n' ".killed.image.$$.0123abcd.tmp" ".killed.image.$dead.notes.tmp" | sort | tr '\n' ' ')" ] &&
    pass "a save removes what a killed one left, and nothing else" ||
    fail "a save removes what a killed one left, and nothing else" "$left
$(describe)"
