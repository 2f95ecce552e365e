#!/usr/bin/env bash
# A save that is killed at any moment leaves the image as it was or as it was to be, and the next one works.
. "$(dirname "$0")/lib.sh"

rounds=${SAVE_KILLS:-40}
cp "$IMAGE" world.image
"$VIV" eval world.image --save 'Smalltalk at: #Kept put: 0' >/dev/null
lost=0
interrupted=0
kept=0
for round in $(seq 1 "$rounds"); do
    "$VIV" eval world.image --save "Smalltalk at: #Kept put: $round" >out 2>/dev/null &
    saver=$!
    # Loading and evaluating take some of the time, saving most of it.
    perl -e 'select(undef, undef, undef, 0.01 + rand(0.12))'
    kill -9 $saver 2>/dev/null && interrupted=$((interrupted + 1))
    wait $saver 2>/dev/null
    status=$?
    now=$("$VIV" eval world.image 'Smalltalk at: #Kept' 2>&1)
    if [ "$now" = "$round" ]; then
        kept=$round
    elif [ $status -eq 0 ] || [ "$now" != "$kept" ]; then
        lost=$((lost + 1))
        echo "# round $round: $now instead of $kept or $round, status $status"
        break
    fi
    [ $((round % 20)) -ne 0 ] || "$VIV" check world.image >/dev/null || lost=$((lost + 1))
done
[ $lost -eq 0 ] && pass "$rounds saves, $interrupted of them killed: none lost an image" || fail "killed saves lose no image"
[ $interrupted -gt 0 ] && pass "some were killed" || fail "some were killed"
"$VIV" eval world.image --save 3 >/dev/null
[ -z "$(ls -A | grep '\.tmp$')" ] && pass "the next save leaves nothing of them" || fail "the next save leaves nothing of them" "$(ls -A)"
