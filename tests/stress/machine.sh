#!/usr/bin/env bash
# The tests of the machine from inside, with stacks flushed at every poll, and with small stacks and a collection at every poll.
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
