#!/usr/bin/env bash
# A world is saved by a copy of the program while it goes on.
. "$(dirname "$0")/lib.sh"

cat >save.st <<'SCRIPT'
| done answer |
done := Semaphore new.
Smalltalk at: #Kept put: 1.
(Smalltalk saveInBackgroundThen: [ :reason | answer := reason. done signal ]) ifTrue: [
    Stdio stdout print: (Smalltalk at: #Kept); lf.
    Smalltalk exit: 0 ].
Smalltalk at: #Kept put: 2.
done wait.
Stdio stdout nextPutAll: (answer ifNil: [ 'saved' ]); lf.
SCRIPT
cp "$IMAGE" world.image
check "the world goes on, and is told when it is saved" saved "$VIV" script world.image save.st
check "in the file it is as it was when the save began" 1 "$VIV" run world.image
check_match "the file is sound" 0 sound "$VIV" check world.image
check "the image before it is kept" nil "$VIV" eval world.image.1 'Smalltalk at: #Kept ifAbsent: [ ]'

cat >both.st <<'SCRIPT'
Smalltalk at: #Kept put: 1.
(Smalltalk saveInBackgroundThen: [ :reason | ]) ifTrue: [ Smalltalk exit: 0 ].
Smalltalk at: #Kept put: 2.
Smalltalk snapshot ifTrue: [ Smalltalk exit: 0 ].
SCRIPT
in_order=0
for round in 1 2 3; do
    "$VIV" script world.image both.st
    [ "$("$VIV" eval world.image 'Smalltalk at: #Kept')" != 2 ] || in_order=$((in_order + 1))
done
[ $in_order -eq 3 ] && pass "a save in the foreground waits for the one before it" || fail "a save in the foreground waits for the one before it"

cat >twice.st <<'SCRIPT'
| second |
(Smalltalk saveInBackgroundThen: [ :reason | ]) ifTrue: [ Smalltalk exit: 0 ].
second := [ Smalltalk saveInBackgroundThen: [ :reason | ] ] on: SnapshotError do: [ :error | error messageText ].
second == true ifTrue: [ Smalltalk exit: 0 ].
Stdio stdout print: second; lf.
SCRIPT
check_match "two at once are refused" 0 'cannot be saved in the background: inappropriate operation' "$VIV" script world.image twice.st

cat >killed.st <<'SCRIPT'
| done answer |
done := Semaphore new.
(Smalltalk saveInBackgroundThen: [ :reason | answer := reason. done signal ]) ifTrue: [ Smalltalk exit: 0 ].
Stdio stdout nextPutAll: 'ready'; lf; flush.
done wait.
Stdio stdout nextPutAll: (answer ifNil: [ 'saved' ]); lf.
SCRIPT
cp "$IMAGE" killed.image
sum=$(cksum <killed.image)
told=
for round in $(seq 40); do
    "$VIV" script killed.image killed.st >out 2>&1 &
    parent=$!
    until grep -q ready out || ! kill -0 $parent 2>/dev/null; do :; done
    children=$(sed -n "s/^\([0-9]*\) (viv) [A-Z] $parent .*/\1/p" /proc/[0-9]*/stat 2>/dev/null)
    [ -z "$children" ] || kill -9 $children 2>/dev/null
    wait $parent
    if grep -q 'was ended; the old image is intact' out; then
        [ "$(cksum <killed.image)" = "$sum" ] && told=yes
        break
    fi
    cp "$IMAGE" killed.image
done
[ "$told" = yes ] && pass "a copy that is killed is told, and the image is what it was" || fail "a copy that is killed is told" "$(cat out)"
check_match "and it is sound" 0 sound "$VIV" check killed.image

if unshare -Urm true 2>/dev/null; then
    on_full_disk() {
        mkdir -p disk
        unshare -Urm sh -c '
            mount -t tmpfs -o size=$(( ($(stat -c %s "$2") / 4096 + 64) * 4 ))k tmpfs disk && cp "$2" disk/w.image &&
            "$1" script disk/w.image save.st && ls -A disk' sh "$VIV" "$IMAGE"
    }
    check_match "a full disk is told" 0 'image not saved: .*No space' on_full_disk
    check_match "and leaves nothing" 0 '^w.image$' printf '%s' "${output#*$'\n'}"
else
    pass "no name spaces here: a full disk cannot be made"
fi
