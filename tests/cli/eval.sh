#!/usr/bin/env bash
# viv eval: the value on standard output and nothing else; the exit code says what went wrong.
. "$(dirname "$0")/lib.sh"

exactly() { # NAME WANTED COMMAND...: every byte of standard output, nothing on standard error
    local name=$1 wanted=$2
    shift 2
    capture "$@"
    if [ "$status" -eq 0 ] && [ "$output" = "$wanted" ] && [ -z "$errors" ]; then
        pass "$name"
    else
        fail "$name" "$(describe)"
    fi
}

exactly "eval prints the value and nothing else" $'7\n' env -u DISPLAY "$VIV" eval '3+4'
exactly "-e is eval" $'7\n' "$VIV" -e '3+4'
exactly "words are joined" $'7\n' "$VIV" -e 3 + 4
exactly "the last statement counts" $'9\n' "$VIV" eval '| a | a := 3. a * a'
exactly "-- ends the options" $'-3\n' "$VIV" eval -- '-3'
exactly "strings are printed as they are" $'a b\n' "$VIV" eval "'a b'"
exactly "--print store prints source" $'\'a b\'\n' "$VIV" eval --print store "'a b'"
exactly "--print json prints JSON" $'[1,"a",null,true]\n' "$VIV" eval --print json "{1. 'a'. nil. true}"
exactly "--print none prints nothing" '' "$VIV" eval --print=none '3+4'
exactly "characters beyond ASCII come out in UTF-8" $'\xe2\x82\xac\xc3\xa9\n' "$VIV" eval "'€é'"
exactly "options may stand before the image" $'7\n' "$VIV" eval --print store "$IMAGE" '3+4'
check_match "an option alone is no expression" 2 'eval wants an expression' "$VIV" eval --print store
check_match "a full heap is exit code 7" 7 'OutOfMemory' "$VIV" --heap-max 64M eval '| c | c := OrderedCollection new. [ c add: (Array new: 1000) ] repeat'
check_match "endless recursion is exit code 7" 7 'StackOverflow' "$VIV" --stack-max 1M eval '| b | b := nil. b := [ :x | (b value: x + 1) + 1 ]. b value: 1'
case $PRESET in
asan | tsan | fuzz) ;; # they bring in the library themselves
*) check "libm is mapped when it is called first" '#(false true true)' "$VIV" eval \
    "| maps | maps := [ '/proc/self/maps' asFileReference contents includesSubstring: 'libm.so' ]. {maps value. 2.5 sin > 0. maps value}" ;;
esac
check_match "--stats tells what was used" 0 '^scavenge-max +[0-9.]+ ms$' "$VIV" --stats eval 3
check_match "another --print is refused" 2 'display, store, json or none' "$VIV" eval --print much 1
check_match "an unknown option is refused" 2 'unknown option --frobnicate' "$VIV" eval --frobnicate 1
check_status "an exit code is the exit code" 42 "$VIV" eval 'Smalltalk exit: 42'
check_match "an unhandled error is named" 3 'ZeroDivide' "$VIV" eval '1/0'
check_match "a message that is not understood is named" 3 'frobnicate' "$VIV" eval 'nil frobnicate'
check_match "a syntax error has a place" 4 ':1:[0-9]+: ' "$VIV" eval '3 + )'
check_match "an unknown variable has a place" 4 ':1:5: .*frobnicate' "$VIV" eval '3 + frobnicate'

from_input() { printf '%s' "$1" | "$VIV" eval -; }
check "- reads the expression" 7 from_input '3+4'
check "the expression may have lines" 7 from_input $'| a |\na := 3.\na + 4\n'
endless() { yes | timeout 60 "$VIV" eval -; }
check_match "an endless input ends" 4 'longer than' endless

closed_output() { "$VIV" eval '3+4' >&-; }
capture closed_output
[ "$status" -lt 128 ] && pass "closed standard output is survived" || fail "closed standard output is survived" "$(describe)"
closed_input() { "$VIV" eval '3+4' <&-; }
check "closed standard input does not matter" 7 closed_input
all_closed() { "$VIV" eval '3+4' <&- >&- 2>&-; }
capture all_closed
[ "$status" -lt 128 ] && pass "three closed streams are survived" || fail "three closed streams are survived" "$(describe)"
full_output() { "$VIV" eval "String new: 100000" >/dev/full; }
capture full_output
[ "$status" -ne 0 ] && [ "$status" -lt 128 ] && pass "a full disk under standard output is a failure" ||
    fail "a full disk under standard output is a failure" "$(describe)"
broken_pipe() { "$VIV" eval "1 to: 100000 do: [ :i | Stdio stdout print: i; lf ]" | head -n 1; }
check "a reader that goes away ends the program quietly" 1 broken_pipe
check "nothing is said then" '' sh -c '"$0" eval "1 to: 100000 do: [ :i | Stdio stdout print: i; lf ]" 2>&1 >/dev/null | head -c 100' "$VIV"
quiet_pipe() { { "$VIV" eval "1 to: 100000 do: [ :i | Stdio stdout print: i; lf ]" 2>&3 | head -n 1 >/dev/null; } 3>&1; }
check "nor on standard error" '' quiet_pipe
