#!/usr/bin/env bash
# T22: whatever a person breaks, the prompt or the window answers again, or the world is there as it was saved.
. "$(dirname "$0")/lib.sh"

export VIV IMAGE WORK
timeout 600 python3 "$ROOT/tests/cli/lockouts.py" "${LOCKOUTS:-5}" ${SEED:-} || failures=1

# The tests that break the windows, each in a process of its own; `viv test` runs them one after the other in one.
"$VIV" test "$IMAGE" --list SabotageTest DebuggerSabotageTest >tests
for test in $(shuf -n "${LOCKOUTS:-5}" tests); do
    echo "$test" >chosen
    began=$(date +%s%N)
    check_match "$test" 0 '^1 passed, 0 failed$' "$VIV" test "$IMAGE" --tests chosen --timeout 60
    echo "# $((($(date +%s%N) - began) / 1000000)) ms in all"
done

# A world that was saved broken: the one before it is still there.
cp "$IMAGE" world.image
printf 'Object subclass: #Kept\nKept >> value [ ^ 42 ]\n:save\nEvaluateCommandLineHandler >> execute [ ^ nil ]\n:save\n' |
    timeout 20 "$VIV" repl world.image >said 2>&1
check "it was saved" 2 grep -c '^saved' said
check_not_42() { [ "$(timeout 10 "$VIV" eval world.image 'Kept new value' 2>&1)" != 42 ]; }
check "it is broken" '' check_not_42
check_match "the image before it can be had back" 0 'is generation 1 again' "$VIV" generations world.image --restore 1
check "and is as it was" 42 "$VIV" eval world.image 'Kept new value'
