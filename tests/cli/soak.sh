#!/usr/bin/env bash
# A world is changed at random, saved, loaded and looked at, again and again: each time everything is as it was.
. "$(dirname "$0")/lib.sh"

generations=${SOAK_GENERATIONS:-25}
seed=${SEED:-$RANDOM}
ways=(saveFromExpression saveFromBackground saveFromHandler saveFromTimer saveFromCopy)
cp "$IMAGE" world.image
"$VIV" eval world.image --save 'SaveSoak current removeAll. Smalltalk cleanUp' >/dev/null
"$VIV" eval world.image --save 3 >/dev/null
before=$(stat -c %s world.image)
saved=0
woken=0
for generation in $(seq 1 "$generations"); do
    way=${ways[$((generation % 5))]}
    "$VIV" --timeout 60 eval world.image --print none "Stdio stdout nextPutAll: SaveSoak current verify; lf.
        Stdio stdout nextPutAll: (SaveSoak current generation: $generation seed: $seed from: #$way); lf" >out 2>&1
    [ "$(cat out)" = "whole
saved $generation" ] || break
    saved=$((saved + 1))
    # Without a command the process that saved goes on.
    [ $((generation / 5 % 10)) -ne 0 ] || { "$VIV" --timeout 60 run world.image >>out 2>&1; [ "$(tail -n 1 out)" = 'whole after waking' ]; } || break
    woken=$((woken + 1))
done
[ $woken -eq "$generations" ] && pass "$saved generations, saved from five kinds of processes: all is as it was (seed $seed)" ||
    fail "every generation is as it was when it was saved (seed $seed)" "generation $generation, $way: $(head -n 20 out)"
check "the last one too" whole "$VIV" eval world.image 'Stdio stdout nextPutAll: SaveSoak current verify; lf' --print none
check_match "it is sound" 0 sound "$VIV" check world.image
"$VIV" eval world.image --save 'SaveSoak current removeAll. ChangeHistory default removeAll. Smalltalk cleanUp' >/dev/null
"$VIV" eval world.image --save 3 >/dev/null
after=$(stat -c %s world.image)
[ $((after * 100)) -lt $((before * 101)) ] && pass "without what was added the file is as large as before: $before bytes, $after after $generations generations" ||
    fail "without what was added the file is as large as before" "$before bytes, then $after"

# The digest sees what it is there to see: one bit, one reference, one shape.
cat >digest.st <<'SCRIPT'
| made differ |
made := [ | array | array := { 'text' copy. Array new: 3. 2 ** 70. 1.5. ByteArray new: 9 }. (array at: 2) at: 1 put: (array at: 1). array ].
differ := [ :change | | array | array := made value. change value: array. (GraphDigest of: array) ~= (GraphDigest of: made value) ].
Stdio stdout print: {
	differ value: [ :array | ].
	differ value: [ :array | array first at: 4 put: $u ].
	differ value: [ :array | (array at: 2) at: 1 put: 'text' copy ].
	differ value: [ :array | array at: 3 put: 2 ** 70 + 1 ].
	differ value: [ :array | array at: 4 put: 1.5000000001 ].
	differ value: [ :array | (array at: 5) at: 9 put: 1 ] }; lf
SCRIPT
check "the digest tells graphs apart" '#(false true true true true true)' "$VIV" script "$IMAGE" digest.st
