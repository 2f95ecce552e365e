#!/usr/bin/env bash
# What a person was told is accepted is there after a crash, wherever the crash comes.
. "$(dirname "$0")/lib.sh"

in_repl() { # IMAGE TEXT: the prompt on a world, its lines from a text
    printf '%b' "$2" | "$VIV" repl "$1"
}

cp "$IMAGE" world.image
dog="Object subclass: #Dog instanceVariableNames: 'name' classVariableNames: '' package: 'Zoo'"
check "definitions are accepted" $'Dog\nDog>>#speak\n7' in_repl world.image "$dog\nDog >> speak [ ^ 'ä' ]\n3 + 4\n"
[ -f world.journal ] && pass "they are in a journal beside the image" || fail "they are in a journal beside the image" "$(ls -A)"
check_match "viv log tells them without the world" 0 'methodAdded Dog>>speak' "$VIV" log world.image
check_match "expressions too" 0 'expression 3 \+ 4' "$VIV" log world.journal
check "and every line of --json is an object" '["classAdded", "methodAdded", "expression"]' \
    sh -c '"$1" log world.image --json | python3 -c "import json, sys; print(json.dumps([json.loads(line)[\"kind\"] for line in sys.stdin]))"' sh "$VIV"
check_match "recover lists what is lacking" 0 '^2 changes since the last save' "$VIV" recover world.image --list
check_match "the prompt says so" 0 'the journal has 2 changes since the last save' in_repl world.image '1\n'
check_match "and brings them back" 0 '2 of 2 changes are back' in_repl world.image ":recover\n:save\n"
check "where they stay" "'ä'" in_repl world.image 'Dog new speak\n'
check_match "then nothing is lacking" 0 '^0 changes since the last save' "$VIV" recover world.image
[ "$("$VIV" log world.image | wc -l)" -gt 4 ] && pass "the journal keeps everything" || fail "the journal keeps everything"

in_repl world.image "Dog >> bark [ ^ 1 ]\nDog >> bark [ ^ 2 ]\nDog class >> rex [ ^ self new ]\nDog removeSelector: #speak\n" >/dev/null
check "recover --apply saves the image" '4 of 4 changes are back' "$VIV" recover world.image --apply
check "with all that was done, in order" '#(2 false)' \
    "$VIV" eval world.image '{ (Smalltalk at: #Dog) rex bark. (Smalltalk at: #Dog) includesSelector: #speak }'
in_repl world.image "Dog >> late [ ^ 1 ]\n" >/dev/null
check "--to leaves out what came later" '0 of 1 changes are back' "$VIV" recover world.image --to 2001-01-01T00:00:00
check_match "a time must be one" 2 'option --to wants a time' "$VIV" recover world.image --to noon
cp world.image renamed.image
in_repl renamed.image "Smalltalk at: #Rex put: (Dog new instVarNamed: 'name' put: 42; yourself)\n:save\nDog renameInstVarNamed: 'name' to: 'title'\n" >/dev/null
check "a variable that got another name gets it again" '1 of 1 changes are back' "$VIV" recover renamed.image --apply
check "and keeps its values" 42 "$VIV" eval renamed.image "(Smalltalk at: #Rex) instVarNamed: 'title'"
cp world.image other.image
cp world.journal other.journal
check "--save-as leaves the image as it was" '1 of 1 changes are back' "$VIV" recover other.image --apply --save-as third.image
check "and makes another" true "$VIV" eval third.image '(Smalltalk at: #Dog) includesSelector: #late'

cp world.image counted.image
in_repl counted.image "Dog >> one [ ^ 1 ]\nDog >> two [ ^ 2 ]\nDog >> three [ ^ 3 ]\n" >/dev/null
check_match "the last changes can be left out" 0 '2 of 3 changes are back' in_repl counted.image ":recover -1\nDog includesSelector: #three\n:save\n"
check_match "and come later" 0 '1 of 1 changes are back' in_repl counted.image ":recover 1\n"
check_match "a number must be one" 0 'wants a number of changes' in_repl counted.image ":recover all\n"
in_repl world.image "Dog >> bad [ ^ 1 ]\nDog removeFromSystem\n" >/dev/null
check "a removed class is removed again" '3 of 3 changes are back' "$VIV" recover world.image --apply
check "and stays away" false "$VIV" eval world.image 'Smalltalk includesKey: #Dog'

check_status "--no-journal writes none" 0 in_repl world.image '1\n'
before=$(stat -c %s world.journal)
printf 'Object subclass: #Cat\n' | "$VIV" repl world.image --no-journal >/dev/null
[ "$(stat -c %s world.journal)" = "$before" ] && pass "and adds nothing" || fail "and adds nothing"
check "a command that evaluates leaves no journal" 7 "$VIV" eval other.image '3 + 4'
"$VIV" repl </dev/null
[ ! -e "${IMAGE%.image}.journal" ] && pass "the pristine image has none" || fail "the pristine image has none"

cp world.journal torn.journal
cp world.image torn.image
truncate -s -3 torn.journal
check_match "a torn tail is cut off and mentioned" 0 'ended in the middle of a record' in_repl torn.image '1\n'
check_match "once" 0 '^0 changes' "$VIV" recover torn.image
echo 'my notes' >notes.journal
cp world.image notes.image
check_match "a file of another kind is left alone" 0 'notes.journal is not a journal' in_repl notes.image '1\n'
[ "$(cat notes.journal)" = 'my notes' ] && pass "with what is in it" || fail "with what is in it"
check_match "viv log says what is wrong with it" 1 'is not a journal' "$VIV" log notes.image
check_match "or that it is missing" 1 'cannot be read' "$VIV" log nowhere.image

if unshare -Urm true 2>/dev/null; then
    on_full_disk() {
        mkdir -p disk
        unshare -Urm sh -c '
            mount -t tmpfs -o size=$(( ($(stat -c %s "$2") / 4096 + 8) * 4 ))k tmpfs disk && cp "$2" disk/w.image &&
            { echo "Object subclass: #Dog"; for i in $(seq 1 60); do echo "Dog >> m$i [ ^ '"'$(printf %01000d 1)'"' ]"; done; echo "3 + 4"; } |
                "$1" repl disk/w.image 2>&1 && "$1" recover disk/w.image' sh "$VIV" "$IMAGE"
    }
    check_match "a full disk is said, and the world goes on" 0 'journal not written.*No space' on_full_disk
    printf '%s' "$output" | grep -qx 7 && pass "to the end" || fail "to the end" "$output"
else
    pass "no name spaces here: a full disk cannot be made"
fi

# A world is killed at some moment of accepting methods: each one that it had said is accepted is found, in order.
lost=0
interrupted=0
told_of=0
round=0
wanted=${JOURNAL_KILLS:-30}
seed=${SEED:-$RANDOM}
RANDOM=$seed
cp "$IMAGE" killed.image
printf 'Object subclass: #Killed\n:save\n' | "$VIV" repl killed.image >/dev/null
for i in $(seq 1 "${JOURNAL_ACCEPTS:-1000}"); do echo "Killed >> m$i [ ^ $i ]"; done >definitions
while [ $interrupted -lt "$wanted" ] && [ $round -lt $((wanted * 20)) ]; do
    round=$((round + 1))
    rm -f killed.journal
    "$VIV" repl killed.image <definitions >told 2>/dev/null &
    victim=$!
    # The moment lies anywhere between the start and the last method.
    microseconds=$((20000 + (RANDOM << 15 | RANDOM) % (${JOURNAL_ACCEPTS:-1000} * 400)))
    sleep "$((microseconds / 1000000)).$(printf %06d $((microseconds % 1000000)))"
    kill -9 $victim 2>/dev/null
    wait $victim 2>/dev/null
    [ $? -ne 137 ] || interrupted=$((interrupted + 1))
    sed -n 's/^Killed>>#//p' told >accepted
    told_of=$((told_of + $(wc -l <accepted)))
    : >found
    [ ! -f killed.journal ] || "$VIV" log killed.image | sed -n 's/.*methodAdded Killed>>//p' >found
    head -n "$(wc -l <accepted)" found | cmp -s - accepted || lost=$((lost + 1))
    if [ $((round % 10)) -eq 0 ]; then
        "$VIV" recover killed.image --apply --save-as back.image >/dev/null 2>&1
        [ ! -s found ] || [ "$("$VIV" eval back.image '(Smalltalk at: #Killed) selectors size')" = "$(wc -l <found)" ] || lost=$((lost + 1))
    fi
done
[ $lost -eq 0 ] && pass "$interrupted kills in $round runs: nothing accepted is lost (seed $seed)" ||
    fail "killed at any moment, nothing accepted is lost (seed $seed)" "$lost times"
[ $interrupted -ge "$wanted" ] && [ $told_of -gt 0 ] && pass "it was killed as often as it was to be, after some were accepted" ||
    fail "it was killed as often as it was to be, after some were accepted" "$interrupted of $wanted kills, $told_of accepted"
