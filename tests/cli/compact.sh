#!/usr/bin/env bash
# An image is written anew without garbage, without running; what runs afterwards is the same.
. "$(dirname "$0")/lib.sh"

number() { # NAME: a number of the JSON that the last compaction printed
    sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" told
}
same() { # NAME FILE FILE
    cmp "$2" "$3" >differ && pass "$1" || fail "$1" "$(cat differ)"
}

"$VIV" compact "$IMAGE" --save-as same.image >/dev/null
same "an image without garbage gives the same bytes" "$IMAGE" same.image
check_match "and is left alone in its own place" 0 'same.image is compact already' "$VIV" compact same.image
[ ! -e same.image.1 ] && pass "so no older one is kept" || fail "so no older one is kept"

# 1,003 objects go when the binding of Hand loses its value: the array, its points, what is pinned and the key of an ephemeron. Others
# that are pinned stay.
"$VIV" eval "
    | points pinned key registry |
    Object subclass: #Mourner instanceVariableNames: '' classVariableNames: '' package: 'Mourners'.
    (Smalltalk at: #Mourner) compile: 'finalize Smalltalk at: #Mourned put: true'.
    points := (1 to: 1000) collect: [ :each | each @ each ].
    pinned := ByteArray new: 5000.
    pinned pin.
    key := Object new.
    registry := FinalizationRegistry new.
    registry add: key finalizer: (Smalltalk at: #Mourner) new.
    Smalltalk
        at: #Hand put: (Array with: points with: pinned with: key);
        at: #Weak put: (WeakArray with: points first with: 3);
        at: #Pinned put: ((1 to: 3) collect: [ :each | (Array new: each * 100) pin; yourself ]);
        at: #Registry put: registry; at: #Mourned put: false.
    points := pinned := key := registry := nil" --print none --save-as hand.image
check "no test here works with a world that lacks something" 1001 "$VIV" eval hand.image '(Smalltalk at: #Hand) first size + (Smalltalk at: #Weak) first x'
binding=$("$VIV" heap hand.image --retained --top 1000000 --json |
    sed -n 's/.*"object": "\(0x[0-9a-f]*\)", "class": "Association", "label": "Hand".*/\1/p')
python3 "$ROOT/tests/cli/drop_reference.py" hand.image garbage.image "$binding" 1
check_match "an image with garbage is sound" 0 sound "$VIV" check garbage.image
"$VIV" compact garbage.image --json --save-as less.image >told
# The new file has a whole header page, and a page of mourners for the ephemeron.
check "the garbage goes" True python3 -c "
points, pages = 1000 * 24 + 8016, 4096 - 128 + 8 * (2 + 4092)
print($(number objectsBefore) - $(number objects) >= 1003 and $(number bytesBefore) + pages - $(number bytes) >= points + 5000)"
check_match "nothing else" 0 ' 0 +0  held by nothing$' "$VIV" heap less.image --retained --top 1
check_match "what is left is sound" 0 "sound, $(number objects) objects" "$VIV" check less.image
check "no hole is left" 0 sh -c '"$1" info less.image --json | sed -n "s/.*\"freeSize\": \([0-9]*\).*/\1/p"' sh "$VIV"
check "the file has the size that was told" "$(number bytes)" stat -c %s less.image
"$VIV" compact less.image --save-as least.image >/dev/null
same "compacting twice gives the same bytes" less.image least.image
check "and so from the same image" "" sh -c '"$1" compact garbage.image --save-as again.image --quiet && cmp less.image again.image' sh "$VIV"
check_status "classes and methods are the same" 0 "$VIV" diff garbage.image less.image
check "weak references to what went are nil" "true and 3" "$VIV" eval less.image "(Smalltalk at: #Weak) first isNil printString , ' and ' , (Smalltalk at: #Weak) second printString"
check "ephemerons are mourned when the world runs" true "$VIV" eval less.image "(Delay forMilliseconds: 1) wait. Processor yield. Smalltalk at: #Mourned"
check "what is pinned stays so" true "$VIV" eval less.image '(Smalltalk at: #Pinned) allSatisfy: [ :each | each isPinned ]'
check_match "the world works" 0 '^[1-9][0-9]* passed, 0 failed' "$VIV" test less.image 'OrderedCollectionTest' 'MethodDictionary*'
cp less.image saved.image
check "and can be saved" 7 "$VIV" eval saved.image --save '3 + 4'
check_match "as a sound image" 0 sound "$VIV" check saved.image
"$VIV" compact hand.image --save-as anew.image >/dev/null
check "nothing counts as a save" "$("$VIV" info hand.image | grep ^generation)" sh -c '"$1" info anew.image | grep ^generation' sh "$VIV"

cp garbage.image place.image
check_match "in its own place as well" 0 '^place.image: [0-9]+ of [0-9]+ objects went, [0-9]+ bytes are left of [0-9]+$' "$VIV" compact place.image
same "the same comes of it" less.image place.image
same "what it was is kept" garbage.image place.image.1
cp garbage.image single.image
"$VIV" compact single.image --no-generations >/dev/null
[ ! -e single.image.1 ] && pass "or not, when that is not wanted" || fail "or not, when that is not wanted"
ln -s place.image link.image
cp garbage.image place.image
"$VIV" compact link.image >/dev/null
same "a link stays one" less.image place.image
[ -L link.image ] && pass "and leads to the image" || fail "and leads to the image"

cp garbage.image held.image
mkfifo input
"$VIV" repl held.image <input >answers 2>&1 &
holder=$!
exec 9>input
echo '3 + 4' >&9
until grep -q 7 answers; do kill -0 $holder || break; done
check_match "an image that is open elsewhere is not replaced" 8 "image not saved: .*process $holder" "$VIV" compact held.image
same "but left as it was" garbage.image held.image
exec 9>&-
wait $holder
check_match "--read-only wants another name" 2 'save-as' "$VIV" compact held.image --read-only
mkdir closed
check_match "a folder that is not there is said" 8 'image not saved' "$VIV" compact garbage.image --save-as nowhere/new.image
sh -c 'ulimit -f 1000; trap "" XFSZ; "$1" compact held.image' sh "$VIV" >told 2>&1
[ $? -eq 8 ] && grep -q 'old image is intact' told && pass "a disk without room is said" || fail "a disk without room is said" "$(cat told)"
same "and the image is what it was" garbage.image held.image
[ -z "$(ls -A | grep -E '\.lock$|\.tmp')" ] && pass "nothing is left beside it" || fail "nothing is left beside it" "$(ls -A)"

head -c 100000 "$IMAGE" >cut.image
check_match "a cut image is refused" 6 'cut.image' "$VIV" compact cut.image
echo text >text.image
check_match "and what is none" 6 'text.image' "$VIV" compact text.image
{ printf '\240\11\1\0'; head -c 5000 /dev/zero; } >old.image
check_match "and a format that is not read" 6 'wanted a Spur image' "$VIV" compact old.image --save-as no.image
check_match "one image is wanted" 2 'one image' "$VIV" compact
check_match "and a name" 2 'file name' "$VIV" compact garbage.image --save-as ''
if [ -d "$SHARED_IMAGES" ]; then
    for name in spur64-candle synth-minimal-68021 synth-minimal-68533; do
        "$VIV" compact "$SHARED_IMAGES/$name.image" --save-as $name.image >/dev/null
        check_match "made elsewhere: $name is sound without its garbage" 0 sound "$VIV" check $name.image
        "$VIV" compact $name.image --save-as twice.image >/dev/null
        same "twice gives the same bytes" $name.image twice.image
    done
    "$VIV" run synth-minimal-68021.image >/dev/null 2>&1
    check "and it runs as before" " 2a 41 42 3f 0a" sh -c 'od -An -tx1 synth-result.bin'
    "$VIV" compact "$SHARED_IMAGES/v3-mini.image" --save-as mini.image >/dev/null
    check_match "one from before Spur is sound in our format" 0 sound "$VIV" check mini.image
else
    echo "skipped: no ../shared/images"
fi
