#!/usr/bin/env bash
# One writer an image: the second one is told, and a lock never outlives its owner.
. "$(dirname "$0")/lib.sh"

# Opens the world at a prompt whose input stays open; waits until it answers.
hold() { # IMAGE
    rm -f input
    mkfifo input
    "$VIV" repl "$1" <input >told 2>&1 &
    holder=$!
    exec 9>input
    echo '3 + 4' >&9
    until grep -q 7 told; do kill -0 $holder || return 1; done
}
let_go() {
    exec 9>&-
    wait $holder
}

cp "$IMAGE" world.image
hold world.image
check_match "a second one is told who has it" 6 "is open already: process $holder" "$VIV" repl world.image
check_match "a saving command does not save" 8 "image not saved: .*process $holder" "$VIV" eval world.image 3 --save
check "a command that only evaluates may" 7 "$VIV" eval world.image '3 + 4'
check_match "--read-only opens it" 0 '^7$' sh -c 'echo 3 + 4 | "$1" repl world.image --read-only' sh "$VIV"
check_match "and does not save it" 0 'opened read-only' sh -c 'echo :save | "$1" repl world.image --read-only 2>&1' sh "$VIV"
check_match "under another name it does" 0 'saved .*other.image' sh -c 'echo :save other.image | "$1" repl world.image --read-only' sh "$VIV"
ln -s world.image link.image
check_match "a link is no way round" 6 'is open already' "$VIV" repl link.image
echo ':save third.image' >&9
until grep -q saved told; do kill -0 $holder || break; done
check_match "the lock goes along to a new name" 6 'third.image is open already' "$VIV" repl third.image
check "and leaves the old one" 3 "$VIV" eval world.image 3 --save
let_go
check "then it is free" 3 "$VIV" eval third.image 3 --save
[ -z "$(ls -A | grep '\.lock$')" ] && pass "no lock is left" || fail "no lock is left" "$(ls -A)"

refused=0
free=0
rounds=${LOCK_ROUNDS:-15}
for round in $(seq 1 "$rounds"); do
    before=$(cksum <world.image)
    hold world.image || break
    ! "$VIV" eval world.image 3 --save >/dev/null 2>&1 && [ "$(cksum <world.image)" = "$before" ] && refused=$((refused + 1))
    kill -9 $holder
    wait $holder 2>/dev/null
    exec 9>&-
    "$VIV" eval world.image 3 --save >/dev/null 2>&1 && free=$((free + 1))
done
[ $refused -eq "$rounds" ] && pass "a second writer is always told" || fail "a second writer is always told" "$refused of $rounds"
[ $free -eq "$rounds" ] && pass "whoever is killed lets go at once" || fail "whoever is killed lets go at once" "$free of $rounds"
