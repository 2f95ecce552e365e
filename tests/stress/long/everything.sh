#!/usr/bin/env bash
# All SUnit tests with every switch of stress at once and stacks of 1 MB, in the release build and under the sanitizers.
. "$(dirname "$0")/../../cli/lib.sh"
for preset in release asan; do
    program=$ROOT/build/$preset/viv
    [ -x "$program" ] || { echo "skipped: $preset is not built"; continue; }
    check_match "all tests pass under stress in the $preset build" 0 '^[1-9][0-9]* passed, 0 failed$' \
        "$program" --stress-poll 1 --stress-full 1000 --stress-flush 50 --stress-caches --stack-max 1M \
        test "$IMAGE" --timeout 1100
done
