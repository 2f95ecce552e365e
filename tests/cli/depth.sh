#!/usr/bin/env bash
# Depth: the stack of a process grows to its limit; the limit is an error that can be handled and resumed.
. "$(dirname "$0")/lib.sh"
depth() { # STATEMENTS, which may send value: to the recursive block sum
    echo "| sum told | told := 0. sum := nil. sum := [ :n | n = 0 ifTrue: [ 0 ] ifFalse: [ (sum value: n - 1) + 1 ] ]. $1"
}
check_status "endless recursion is an error" 7 "$VIV" --timeout 60 eval "$(depth 'sum value: -1')"
check_match "the error says what it is" 7 '^StackOverflow: ' "$VIV" --timeout 60 eval "$(depth 'sum value: -1')"
check "after the error recursion works as before" 1000 \
    "$VIV" --timeout 60 eval "$(depth '[ sum value: -1 ] on: StackOverflow do: [ :error | ]. sum value: 1000')"
check "the error can be resumed, and the depth counts on" 2000000 \
    "$VIV" --stack-max 16M --timeout 60 eval \
    "$(depth '[ sum value: 2000000 ] on: StackOverflow do: [ :error | told := told + 1. error resume ]')"
check "ten million frames fit where the limit allows them" 10000000 \
    "$VIV" --stack-max 4G --timeout 120 eval "$(depth 'sum value: 10000000')"
check "every process has a limit of its own" '#(over over 100)' \
    "$VIV" --stack-max 1M --timeout 60 eval "$(depth "| done answers |
    done := Semaphore new. answers := Array new: 3.
    { -1. -1. 100 } doWithIndex: [ :n :i | [ answers at: i put: ([ sum value: n ] on: StackOverflow do: [ :e | #over ]). done signal ] fork ].
    3 timesRepeat: [ done wait ]. answers")"
