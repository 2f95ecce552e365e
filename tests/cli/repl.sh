#!/usr/bin/env bash
# The prompt: lines in, values out; errors end a line, never the session.
. "$(dirname "$0")/lib.sh"

session() { printf '%s\n' "$@" | "$VIV" repl; }
check "a value is printed" 7 session '3 + 4'
check "strings are printed as source" "'a'" session "'a'"
check "variables live on" $'3\n9' session 'a := 3' 'a * a'
check "statements may go over lines" 6 session '(1 to: 3) inject: 0' ' into: [ :a :b |' 'a + b ]'
check_match "an error does not end the session" 0 '^8$' session '1/0' '3 + 5'
check_match "and is named" 0 'ZeroDivide' session '1/0' '3 + 5'
check_match "a syntax error does not end it either" 0 '^8$' session '3 + )' '3 + 5'
check ":quit ends the session" 1 session '1' ':quit' '2'
last_of_session() { session "$@" | tail -n 1; }
check_match "classes and methods can be defined" 0 '^12$' session \
    "Object subclass: #Box instanceVariableNames: 'n' classVariableNames: '' package: 'Demo'" \
    'Box >> double: x [ ^ x * 2 ]' 'Box new double: 6'
check_match "the end of the input ends the session" 0 '^$' session ''
endless() { yes '1' | head -n 2000 | "$VIV" repl | tail -n 1; }
check_match ":debug goes through an expression step by step, with the variables of the session" 0 '^121$' session \
    'x := 5' ':debug y := x factorial. y + 1' next 'print y' next next
check_match "and sets them" 0 '^240$' session 'x := 5' ':debug y := x factorial. y + 1' next cont 'y * 2'
check_match "an expression that is none is said to be so" 0 'an expression is missing, at 1:4' session ':debug 3 +' '4'
check_match "kill ends it, and the session goes on" 0 '^8$' session ':debug 1/0' next kill '3 + 5'
check "a long session is read to its end" 1 endless


# A session on a terminal: steps on standard input of this function.
on_terminal() {
    XDG_STATE_HOME=$WORK/state timeout 120 python3 "$ROOT/tests/cli/terminal.py" "$VIV" "$@"
}
terminal() { # NAME STATUS STEPS [ARGUMENT...]
    local name=$1 wanted=$2 steps=$3 said
    shift 3
    said=$(printf '%s\n' "$steps" | TERM=${TERM_KIND:-xterm} on_terminal "$@" 2>&1)
    status=$?
    [ $status -eq "$wanted" ] && pass "$name" || fail "$name" "status $status: $said"
}

terminal "a terminal gets a prompt without being asked" 0 'expect viv> 
send 3 + 4\n
expect 7
expect viv> 
send \x04'
export VIVARIUM_DEBUG_ON_ERROR=1
terminal "with VIVARIUM_DEBUG_ON_ERROR an error opens the textual debugger" 3 'expect debug> 
send print a\n
expect 3
expect debug> 
send kill\n' eval '| a | a := 3. a foo'
unset VIVARIUM_DEBUG_ON_ERROR
terminal "control-C gives up a line" 0 'expect viv> 
send 1 / 0\x03
expect viv> 
send 3 + 5\n
expect 8
expect viv> 
send \x04' repl
terminal "control-C interrupts what runs, and the session goes on" 0 'expect viv> 
send Stdio stdout print: 6 * 7; flush. [ true ] whileTrue\n
expect 42
send \x03
expect viv> 
send 4 + 5\n
expect 9
expect viv> 
send \x04' repl
terminal "and what waits" 0 'expect viv> 
send Stdio stdout print: 6 * 7; flush. (Delay forSeconds: 100) wait\n
expect 42
send \x03
expect viv> 
send 4 + 6\n
expect 10
expect viv> 
send \x04' repl
terminal "the last line comes back" 0 'expect viv> 
send 6 * 7\n
expect 42
expect viv> 
send \x1b[A\n
expect 6 \* 7
expect 42
expect viv> 
send \x04' repl
terminal "history outlives the session" 0 'expect viv> 
send \x1b[A
expect 6 \* 7
send \n
expect 42
expect viv> 
send \x04' repl
terminal "the tabulator completes globals" 0 'expect viv> 
send SmallI\t
expect nteger
send  name\n
expect SmallInteger
expect viv> 
send \x04' repl
terminal "and selectors" 0 'expect viv> 
send 3 printStringB\t
expect ase:
send  2\n
expect 11
expect viv> 
send \x04' repl
terminal "a statement may go over lines" 0 'expect viv> 
send #(1 2) inject: 0\n
expect ...> 
send  into: [ :a :b | a + b ]\n
expect 3
expect viv> 
send \x04' repl
terminal "a person is greeted" 0 'expect :help tells more
expect viv> 
send \x04' repl
terminal "pasted lines keep their tabulators" 0 'expect viv> 
send #(3 4) do: [ :each |\n\teach printNl ]\n
expect 3
expect 4
expect viv> 
send \x04' repl
check_match "saving where nothing can be saved is said in a line" 0 '^viv: .*/nonexistent/x.image: ' session ':save /nonexistent/x.image'
terminal "keys on an empty line do not end the session" 0 'expect viv> 
send \x0c\x7f\x15\x0b\x01\x05\x02\t\x1b[D\x1b[3~1\x7f
send 30 + 4\n
expect 34
expect viv> 
send \x04' repl
in_shell() {
    XDG_STATE_HOME=$WORK/state timeout 120 python3 "$ROOT/tests/cli/terminal.py" "$(command -v bash)" --norc --noprofile -i
}
said=$(printf '%s\n' "send exec 2>&1; PS1='shell> '; '$VIV' repl\n" 'expect viv> ' 'send 30 + \x1a' 'expect Stopped' \
    'send fg\n' 'expect viv> .*30 \+ ' 'send 5\n' 'expect 35' 'expect viv> ' 'send \x04' 'expect shell> ' 'send exit\n' |
    TERM=xterm in_shell 2>&1) && pass "control-Z stops the program, and the line is there when it goes on" ||
    fail "control-Z stops the program, and the line is there when it goes on" "$said"
TERM_KIND=dumb terminal "without editing capabilities lines are read plainly" 0 'expect viv> 
send 3 + 4\n
expect 7
expect viv> 
send \x04' repl

# A prompt that a person has broken asks whether to open the world again, which is as it was saved.
cp "$IMAGE" broken.image
terminal "a broken prompt opens its world again, and what was not broken comes back" 0 'expect viv>
send Object subclass: #Kept\n
expect viv>
send :save\n
expect saved
send Kept >> good [ ^ 42 ]\n
expect good
send BlockClosure >> ensure: aBlock [ ^ nil ]\n
expect Open it again
send \n
expect viv>
send 3 + 4\n
expect 7
send :recover\n
expect 1 of 1 changes are back
expect viv>
send Kept new good\n
expect 42
expect viv>
send :quit\n' repl broken.image
