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
