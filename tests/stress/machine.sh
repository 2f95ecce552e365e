#!/usr/bin/env bash
# The tests of the machine from inside: with stacks flushed at every poll, with small stacks and a collection at every poll, and with all code
# compiled at its first call, in a zone so small that it is forgotten again and again, or never.
. "$(dirname "$0")/../cli/lib.sh"
run_tests() { # NAME OPTION...
    local name=$1
    shift
    check_match "$name" 0 '^[1-9][0-9]* passed, 0 failed$' \
        "$VIV" "$@" test "$IMAGE" --timeout 600 Kernel-Machine-Tests
}
run_tests "the machine's tests pass with a flush at every poll" --stress-flush 1 --stress-poll 7 --stress-caches
run_tests "the machine's tests pass with stacks of 1 MB" \
    --stress-poll 1 --stress-full 1000 --stress-flush 50 --stress-caches --stack-max 1M
# Full collections, each of which looks at the whole heap twice, are what the two above cost.
run_tests "the machine's tests pass compiled at once" --jit-after 1 --stress-full 20000
run_tests "the machine's tests pass compiled at once, with flushes" --jit-after 1 --stress-full 20000 --stress-flush 3 --stress-poll 7 --stress-caches
run_tests "the machine's tests pass in a zone of 64 KB" --jit-after 1 --jit-zone 64K --stress-full 20000
run_tests "the machine's tests pass in the interpreter" --no-jit --stress-full 20000
