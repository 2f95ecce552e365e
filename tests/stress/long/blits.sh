#!/usr/bin/env bash
# A million random blits and 125,000 warps equal their slow references, under the sanitizers.
. "$(dirname "$0")/../../cli/lib.sh"

test=primitives-bitblt_test
(cd "$ROOT" && cmake --preset asan && cmake --build --preset asan --target $test) >build.log 2>&1 ||
    { fail "the test is built with sanitizers" "$(tail -n 20 build.log)"; exit 1; }
if BLITS=1000000 "$ROOT/build/asan/unit/$test" >log 2>&1; then
    pass "a million random blits equal a slow reference, under sanitizers"
else
    fail "a million random blits equal a slow reference, under sanitizers" "$(tail -n 20 log)"
fi
