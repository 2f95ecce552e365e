#!/usr/bin/env bash
# A save that is killed at any moment leaves the image as it was or as it was to be, and the next one works.
. "$(dirname "$0")/lib.sh"

wanted=${SAVE_KILLS:-20}
seed=${SEED:-$RANDOM}
RANDOM=$seed
cp "$IMAGE" world.image
"$VIV" eval world.image --save 'Smalltalk at: #Kept put: 0' >/dev/null
lost=0
interrupted=0
kept=0
round=0
while [ $interrupted -lt "$wanted" ] && [ $round -lt $((wanted * 20)) ]; do
    round=$((round + 1))
    "$VIV" eval world.image --save "Smalltalk at: #Kept put: $round" >out 2>/dev/null &
    saver=$!
    # Loading and evaluating take some of the time, saving most of it.
    sleep "0.$(printf %06d $((10000 + (RANDOM << 15 | RANDOM) % 120000)))"
    kill -9 $saver 2>/dev/null
    wait $saver 2>/dev/null
    status=$?
    [ $status -ne 137 ] || interrupted=$((interrupted + 1))
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
[ $lost -eq 0 ] && pass "$interrupted kills in $round saves: none lost an image (seed $seed)" || fail "killed saves lose no image (seed $seed)"
[ $interrupted -ge "$wanted" ] && pass "as many were killed as were to be" || fail "as many were killed as were to be" "$interrupted of $wanted"
"$VIV" eval world.image --save 3 >/dev/null
[ -z "$(ls -A | grep '\.tmp$')" ] && pass "the next save leaves nothing of them" || fail "the next save leaves nothing of them" "$(ls -A)"
