#!/usr/bin/env bash
# viv test: which tests run, what is printed, the exit code.
. "$(dirname "$0")/lib.sh"

cat >cases.st <<'SCRIPT'
TestCase subclass: #GoodDemoTest instanceVariableNames: '' classVariableNames: '' package: 'Demo'.
GoodDemoTest >> testOne [ self assert: 3 + 4 equals: 7 ]
GoodDemoTest >> testTwo [ self should: [ 1 / 0 ] raise: ZeroDivide ]
TestCase subclass: #BadDemoTest instanceVariableNames: '' classVariableNames: '' package: 'Demo'.
BadDemoTest >> testError [ nil frobnicate ]
BadDemoTest >> testFailure [ self assert: false ]
BadDemoTest >> testGood [ self assert: true ]
SCRIPT
check "a script with test cases is loaded and saved" '' "$VIV" script --save-as demo.image cases.st

last_line() { "$@" | tail -n 1; }
check "the last line is the total" '2 passed, 0 failed' last_line "$VIV" test demo.image GoodDemoTest
check_status "tests that pass are success" 0 "$VIV" test demo.image GoodDemoTest
check_status "a test that fails is exit code 5" 5 "$VIV" test demo.image BadDemoTest
check "and is counted" '1 passed, 2 failed' last_line "$VIV" test demo.image BadDemoTest
check "options may stand before the image" '1 passed, 0 failed' last_line "$VIV" test --class GoodDemoTest demo.image 'GoodDemoTest>>testOne'
check "--image names the image too" '2 passed, 0 failed' last_line "$VIV" --image demo.image test GoodDemoTest
check "--list names the tests and runs none" $'GoodDemoTest>>testOne\nGoodDemoTest>>testTwo' "$VIV" test demo.image --list GoodDemoTest
check_match "a pattern that matches nothing is refused" 2 'no tests match' "$VIV" test 'Nope*'
check_match "a pattern may have a star" 0 '^2 passed, 0 failed$' "$VIV" test demo.image 'GoodDemo*'
check_match "an unknown option is refused" 2 'unknown option --frobnicate' "$VIV" test --frobnicate

check "--coverage counts each test once" '2 passed, 0 failed' last_line "$VIV" test demo.image GoodDemoTest --coverage untouched.txt
check "and names methods that none of them ran" $'Collections\tMatrix>>#isSymmetric' grep -F 'Matrix>>#isSymmetric' untouched.txt
check_status "but none that one ran" 1 grep -x $'Kernel-Exceptions\tZeroDivide>>#dividend:' untouched.txt

cat >more.st <<'SCRIPT'
TestCase subclass: #EndingDemoTest instanceVariableNames: '' classVariableNames: '' package: 'Demo'.
EndingDemoTest >> testA [ Transcript show: 'before the end'; cr; flush ]
EndingDemoTest >> testB [ Smalltalk exit: 9 ]
EndingDemoTest >> testC [ self assert: true ]
EndingDemoTest >> testD [ self assert: (OSEnvironment current at: 'MENDED' ifAbsent: [ 'no' ]) = 'yes' ]
EndingDemoTest >> testE [ self skip: 'not today' ]
TestCase subclass: #ZDemoTest instanceVariableNames: '' classVariableNames: '' package: 'Demo'.
ZDemoTest >> testLast [ self assert: true ]
SCRIPT
check "a script with a test that ends its process is loaded and saved" '' "$VIV" script --save-as more.image demo.image more.st
jobs() { "$VIV" test more.image --package Demo --jobs "$@"; }
same_without_ms() { # FILE FILE
    cmp <(sed -E 's/"ms":[0-9]+//g' "$1") <(sed -E 's/"ms":[0-9]+//g' "$2")
}

"$VIV" test demo.image --package Demo --json one.json --tap >one.tap 2>/dev/null
"$VIV" test demo.image --package Demo --jobs 3 --json many.json --tap >many.tap 2>/dev/null
check "--jobs reports what one process reports, in the same order" '' cmp one.tap many.tap
check "in JSON too, but for the time" '' same_without_ms one.json many.json
check "--json is one document with the counts and the tests" '3 2 0 5 BadDemoTest>>testError error' python3 -c '
import json
run = json.load(open("many.json"))
first = run["tests"][0]
print(run["passed"], run["failed"], run["skipped"], len(run["tests"]), first["class"] + ">>" + first["selector"], first["result"])'
check "the whole output is the same each time" '' cmp <(jobs 2) <(jobs 5)
check_match "a test that ends its process is named" 5 '^error EndingDemoTest>>testB: The test ended its process with exit code 9$' jobs 2
check_match "what it printed before is there" 5 '^before the end$' jobs 2
check "and the tests after it run" '6 passed, 4 failed' last_line jobs 2
check_match "those that are passed over are counted" 5 '^1 skipped$' jobs 2
check_status "tests that all pass are success" 0 "$VIV" test demo.image GoodDemoTest --jobs 2
check "--fail-fast ends with the first in the order that fails" '0 passed, 1 failed' last_line jobs 4 --fail-fast
check "--results has a line for each test" 11 sh -c '"$1" test more.image --package Demo --jobs 2 --results lines.jsonl >/dev/null; wc -l <lines.jsonl' - "$VIV"
check "--shuffle gives the order of its seed" '' cmp <("$VIV" test demo.image --package Demo --tap --shuffle=7 2>/dev/null) <("$VIV" test demo.image --package Demo --tap --shuffle=7 --jobs 2 2>/dev/null)
check "--list needs no jobs" $'GoodDemoTest>>testOne\nGoodDemoTest>>testTwo' "$VIV" test demo.image --list GoodDemoTest --jobs 2
check "--jobs leaves no file behind" '' sh -c 'mkdir temporary; TMPDIR=$PWD/temporary "$1" test demo.image GoodDemoTest --jobs 2 >/dev/null; ls temporary' - "$VIV"
check_match "nothing to run is refused with jobs too" 2 'no tests match' "$VIV" test 'Nope*' --jobs 2
check_match "a bad limit as well" 2 'timeout wants' "$VIV" test --jobs 2 --timeout soon
check_match "no jobs are none" 2 'jobs wants a number from 1' "$VIV" test --jobs 0
check_match "a word is no number of jobs" 2 'jobs wants a number' "$VIV" test --jobs many
check_match "coverage is counted in one process" 2 'leave out --jobs' "$VIV" test --jobs 2 --coverage none.txt
check_match "an image that is none is refused" 6 'none.image' "$VIV" test none.image --jobs 2

stop_jobs() { # ends a run while its tests wait
    mkdir -p interrupted
    TMPDIR=$PWD/interrupted "$VIV" test waiting.image WaitingDemoTest --jobs 2 >/dev/null 2>&1 &
    local run=$!
    for _ in $(seq 600); do [ -e started ] || read -rt 0.1 <> <(:); done
    kill -TERM "$run"
    wait "$run"
    echo "$?" "$(ls interrupted)"
}
cat >waiting.st <<'SCRIPT'
TestCase subclass: #WaitingDemoTest instanceVariableNames: '' classVariableNames: '' package: 'Demo'.
WaitingDemoTest >> testWaiting [ 'started' asFileReference writeStreamDo: [ :stream | stream nextPutAll: 'yes' ]. 50 seconds wait ]
SCRIPT
check "a script with a test that waits is loaded and saved" '' "$VIV" script --save-as waiting.image waiting.st
check "SIGTERM ends all workers, and their files are gone" '143 ' stop_jobs

printf 'GoodDemoTest>>testTwo\nBadDemoTest>>testGood\n' >chosen
check "--tests takes the tests of a file in its order" $'GoodDemoTest>>testTwo\nBadDemoTest>>testGood' "$VIV" test demo.image --tests chosen --list
echo 'BadDemoTest>>testNone' >chosen
check_match "a test that is not there is refused" 2 'there is no test BadDemoTest>>testNone' "$VIV" test demo.image --tests chosen
check_match "a list that is not there too" 2 'there is no file' "$VIV" test demo.image --tests nowhere

export XDG_STATE_HOME=$WORK/memory
check "nothing has failed yet" '0 passed, 0 failed' "$VIV" test more.image --rerun-failed
[ ! -e memory ] && pass "and nothing was written" || fail "and nothing was written"
capture jobs 2
check "--rerun-failed names what failed last" $'BadDemoTest>>testError\nBadDemoTest>>testFailure\nEndingDemoTest>>testB\nEndingDemoTest>>testD' "$VIV" test more.image --rerun-failed --list
check "another image has a memory of its own" '' "$VIV" test demo.image --rerun-failed --list
check "runs it" '1 passed, 0 failed' last_line env MENDED=yes "$VIV" test more.image --rerun-failed EndingDemoTest'>>testD'
check "and forgets what passes" $'BadDemoTest>>testError\nBadDemoTest>>testFailure\nEndingDemoTest>>testB' "$VIV" test more.image --rerun-failed --list
check "with jobs as well" '0 passed, 3 failed' last_line "$VIV" test more.image --rerun-failed --jobs 2
check "a folder that cannot be written is no failure" '2 passed, 0 failed' last_line env XDG_STATE_HOME=/dev/null "$VIV" test demo.image GoodDemoTest
check_match "help says where that is kept" 0 'XDG_STATE_HOME' "$VIV" help test
