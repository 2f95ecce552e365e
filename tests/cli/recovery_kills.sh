#!/usr/bin/env bash
# Recovery that is itself killed, again and again, is done by the next one: RECOVERY_KILLS rounds (8).
. "$(dirname "$0")/lib.sh"

cp "$IMAGE" world.image
printf 'Object subclass: #Lost\n:save\n' | "$VIV" repl world.image >/dev/null
{
    for i in $(seq 1 300); do echo "Lost >> m$i [ ^ $i ]"; done
    echo "Lost subclass: #Found instanceVariableNames: 'a' classVariableNames: '' package: 'Lost'"
    echo "Lost removeSelector: #m1"
    echo "Found >> late [ ^ a ]"
} >definitions
"$VIV" repl world.image <definitions >/dev/null 2>&1
wanted='#(299 true 300)'
asks='{ (Smalltalk at: #Lost) selectors size. (Smalltalk at: #Found) includesSelector: #late. (Smalltalk at: #Lost) new m300 }'

killed=0
lost=0
for round in $(seq 1 "${RECOVERY_KILLS:-8}"); do
    cp world.image k.image
    cp world.journal k.journal
    for attempt in 1 2 3; do
        "$VIV" recover k.image --apply >/dev/null 2>&1 &
        victim=$!
        perl -e 'select(undef, undef, undef, rand(0.12))'
        kill -9 $victim 2>/dev/null && killed=$((killed + 1))
        wait $victim 2>/dev/null
        "$VIV" check k.image >/dev/null 2>&1 || lost=$((lost + 1))
    done
    "$VIV" recover k.image --apply >/dev/null 2>&1 || lost=$((lost + 1))
    [ "$("$VIV" eval k.image "$asks")" = "$wanted" ] || lost=$((lost + 1))
    [ "$("$VIV" recover k.image | tail -1 | cut -d' ' -f1)" = 0 ] || lost=$((lost + 1))
done
[ $lost -eq 0 ] && pass "recovery that is killed is done by the next one" || fail "recovery that is killed is done by the next one" "$lost times"
[ $killed -gt 0 ] && pass "some were killed" || fail "some were killed"
[ -z "${RECOVERY_KILLS:-}" ] || echo "# $killed of $((3 * RECOVERY_KILLS)) runs were killed before their end"
