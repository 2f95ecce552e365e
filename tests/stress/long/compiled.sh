#!/usr/bin/env bash
# All SUnit tests with every method compiled at its first call; in a zone that forgets all code many times; and in the interpreter alone.
. "$(dirname "$0")/../../cli/lib.sh"
run_tests() { # NAME OPTION...
    local name=$1
    shift
    check_match "$name" 0 '^[1-9][0-9]* passed, 0 failed$' \
        "$VIV" "$@" --stack-max 128M test "$IMAGE" --jobs 2 --timeout 1100
}
run_tests "all tests pass compiled at once" --jit-after 1
run_tests "all tests pass in a zone of ${ZONE:=256K}" --jit-after 1 --jit-zone "$ZONE"
run_tests "all tests pass in the interpreter" --no-jit
