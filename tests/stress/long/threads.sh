#!/usr/bin/env bash
# T23: a million signals of semaphores from four threads, and the unit tests with threads under the thread sanitizer.
. "$(dirname "$0")/../../cli/lib.sh"
export IMAGE CMOCKA_MESSAGE_OUTPUT=STDOUT

check_match "none of a million signals is lost" 0 PASSED env SIGNALS=1000000 "$ROOT/build/dev/unit/vm-signals_test"
(cd "$ROOT" && cmake --preset tsan && cmake --build build/tsan --target vm-signals_test vm-interrupts_test gui-host_test) >log 2>&1
for test in vm-signals_test vm-interrupts_test gui-host_test; do
    if [ -x "$ROOT/build/tsan/unit/$test" ]; then
        # The sanitizer wants its addresses free, so none is chosen at random.
        capture setarch -R "$ROOT/build/tsan/unit/$test"
        [ "$status" -eq 0 ] && ! grep -q 'WARNING: ThreadSanitizer' .output .errors && pass "$test has no data race" ||
            fail "$test has no data race" "$(grep -h -A 12 'WARNING: Thread' .output .errors | head -n 40) status $status"
    else
        fail "$test is built for the thread sanitizer" "$(tail -n 5 log)"
    fi
done
