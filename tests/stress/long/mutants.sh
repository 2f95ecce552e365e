#!/usr/bin/env bash
# T05: 10,000 damaged copies of a small world, and each of them once more with sizes and checksums set right, are refused with offset and
# rule or run tests (tests/unit/vm/mutated_worlds_test.c), under the sanitizers; halves of them side by side.
# MUTANTS=N tries N pairs of mutants.
. "$(dirname "$0")/../../cli/lib.sh"

pairs=${MUTANTS:-10000}
program=$ROOT/build/asan/unit/vm-mutated_worlds_test
cmake --preset asan -S "$ROOT" >log 2>&1 && cmake --build "$ROOT/build/asan" --target vm-mutated_worlds_test >>log 2>&1 ||
    { fail "the sanitizer build of the test" "$(grep -m 3 error log)"; exit; }
unset MUTANT
export ROOT SCRATCH=$WORK UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_stack_use_after_return=0:abort_on_error=1

began=$SECONDS
workers=()
for half in 0 1; do
    MUTANTS_FROM=$((half * pairs)) MUTANTS=$pairs "$program" >half$half 2>&1 &
    workers+=($!)
done
for half in 0 1; do
    if wait "${workers[$half]}"; then
        pass "mutants $((half * pairs)) to $((half * pairs + pairs - 1)) are refused or run: $(sed -n 's/^# [0-9]* mutants: //p' half$half)"
    else
        fail "mutants $((half * pairs)) to $((half * pairs + pairs - 1)) are refused or run" \
            "$(grep -aE 'mutant|refused|loaded|bad after|ERROR|runtime error|^ +#[0-9] |broken' half$half | head -n 60)"
    fi
done
echo "# $((2 * pairs)) mutants in $((SECONDS - began)) s"
