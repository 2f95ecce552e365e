# Every method of the packages below is executed by some test, and the list of exceptions is empty: release build only.
#
# The tests of the packages that stand on one another up to the files are run with a probe in the place of every method. What cannot
# bear the frame of a probe between it and its sender is not measured: the classes of CoverageRecorder class>>classesWithoutProbes
# (contexts, closures, processes) and the primitives of Kernel-Processes. Nor are the few methods that a probe itself sends
# (CoverageRecorder class>>selectorsOfProbes), which every test runs.
. "$(dirname "$0")/../cli/lib.sh"
if [ "$PRESET" != release ]; then
    echo "skipped: the release build measures what tests execute"
    exit 0
fi
measured="Kernel Kernel-Exceptions Kernel-Processes Collections"
"$VIV" test "$IMAGE" --timeout 60 --coverage "$WORK/coverage" CommentExampleTest Kernel-Tests Kernel-Exceptions-Tests \
    Kernel-Processes-Tests Numbers-Tests Collections-Tests Strings-Tests Streams-Tests Time-Tests System-Tests System-Packages-Tests \
    Files-Tests Traits-Tests SUnit-Tests >"$WORK/tests" 2>&1 </dev/null
status=$?
if [ $status -eq 0 ]; then
    pass "tests pass also where probes stand between methods"
else
    fail "tests pass also where probes stand between methods" "$(grep -v '^ok' "$WORK/tests")"
fi
if [ ! -s "$WORK/coverage" ]; then
    fail "methods that no test executes are found" "the list is empty, or there is none"
    exit 1
fi
for package in $measured; do
    untouched=$(awk -F '\t' -v package="$package" '$1 == package { print $2 }' "$WORK/coverage")
    if [ -z "$untouched" ]; then
        pass "every method of $package is executed by some test"
    else
        fail "every method of $package is executed by some test" "$untouched"
    fi
done
