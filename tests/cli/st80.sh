#!/usr/bin/env bash
# Smalltalk-80 of 1983 runs bytecode for bytecode what another machine ran from its start: the first 499, and a quarter of a million up to
# where the image asks how much memory is left (SystemDictionary>>resetSpaceLimits divides what primitives 112 and 115 answer).
. "$(dirname "$0")/lib.sh"
need_shared_images
image=$SHARED_IMAGES/st80-v2-big-endian.image

"$VIV" run --trace-bytecodes 499 "$image" </dev/null >first 2>errors
cmp -s first "$SHARED_IMAGES/st80-trace-first-499-bytecodes.txt" && pass "the first 499 bytecodes are those of the other machine" ||
    fail "the first 499 bytecodes are those of the other machine" "$(cmp first "$SHARED_IMAGES/st80-trace-first-499-bytecodes.txt"; cat errors)"
"$VIV" run --trace-bytecodes 250000 "$image" </dev/null >ours 2>errors
gzip -dc "$SHARED_IMAGES/st80-trace-250000-bytecodes.txt.gz" >theirs
same=$(cmp ours theirs | sed -n 's/.*line \([0-9]*\)$/\1/p')
[ "${same:-250001}" -gt 64665 ] && pass "the next ones, too, up to where memory is asked for: ${same:-all 250000}" ||
    fail "the first 64,665 bytecodes are those of the other machine" "the first difference is in line $same"
[ "$(wc -l <ours)" -eq 250000 ] && pass "as many as were asked for" || fail "as many as were asked for" "$(wc -l <ours)"

# Blocks of that time begin anywhere in their method, so that the bytes behind its last instruction are compiled, too; some look like jumps out
# of it. The world waits for somebody then, until it is ended.
check_status "compiled at once it goes on" 124 timeout 2 "$VIV" run --jit-after 1 --no-journal "$image"
