#!/usr/bin/env bash
# T20, deep recursion: frames, unwinding, printing and compiling, with a small stack of the machine.
. "$(dirname "$0")/lib.sh"
ulimit -s 256 || fail "the machine's stack is 256 KB"

frames=${DEEP_FRAMES:-300000}
# 10 million frames of the sum take 1 GB, as many of ensure: 5 GB.
deep() { "$VIV" --stack-max 8G --timeout "${DEEP_SECONDS:-60}" eval "$1"; }
sum='| sum | sum := nil. sum := [ :n | n = 0 ifTrue: [ 0 ] ifFalse: [ (sum value: n - 1) + n ] ].'
check "the sum is right at $frames frames with 4 GB for the stack" $((frames * (frames + 1) / 2)) \
    "$VIV" --stack-max 4G --timeout "${DEEP_SECONDS:-60}" eval "$sum sum value: $frames"
down='| down count | count := 0. down := nil. down := [ :n | n = 0 ifTrue: [ ACTION ] ifFalse: [ [ down value: n - 1 ] ensure: [ count := count + 1 ] ] ].'
check "$frames blocks of ensure: run on the way back" "$frames" deep "${down/ACTION/0} down value: $frames. count"
check "and when an error unwinds them" "$frames" \
    deep "${down/ACTION/1 \/ 0} [ down value: $frames ] on: ZeroDivide do: [ :error | error return: 1 ]. count"
check "and when their process is ended" "#($frames true)" \
    deep "${down/ACTION/Processor activeProcess suspend} | process | process := [ down value: $frames ] newProcess. process resume.
        Processor yield. process terminate. { count. process isTerminated }"
check "and when a block answers from its method" "$frames" \
    deep "Object compile: 'deepFor: aNumber in: aBlock aBlock value: aNumber value: [ ^ 1 ]. ^ 2'.
        | down count | count := 0. down := nil.
        down := [ :n :exit | n = 0 ifTrue: [ exit value ] ifFalse: [ [ down value: n - 1 value: exit ] ensure: [ count := count + 1 ] ] ].
        (Object new deepFor: $frames in: down) = 1 ifTrue: [ count ]"

endless='| endless start first count | count := 0. endless := nil. endless := [ :n | (endless value: n + 1) + 1 ]. start := Time millisecondClockValue.'
check "the default limit is an error in less than 2 s" true \
    "$VIV" --timeout 60 eval "$endless [ endless value: 1 ] on: StackOverflow do: [ :error | first := Time millisecondClockValue - start ]. first < 2000"
check "it can be resumed, and the answer is right" '#(true 3000000)' \
    "$VIV" --timeout 60 eval "$sum | told | told := 0. sum := [ :n | n = 0 ifTrue: [ 0 ] ifFalse: [ (sum value: n - 1) + 1 ] ].
        [ told := sum value: 3000000 ] on: StackOverflow do: [ :error | first := true. error resume ]. { first. told }"
check "other processes go on meanwhile" true \
    "$VIV" --timeout 60 eval "$endless | ticks | ticks := 0. [ [ ticks := ticks + 1. (Delay forMilliseconds: 1) wait ] repeat ] forkAt: 50.
        [ endless value: 1 ] on: StackOverflow do: [ :error | ]. ticks > 5"
check_match "nobody handles it: the program ends with exit code 7" 7 '^StackOverflow' "$VIV" --timeout 60 eval "$endless endless value: 1"
check "the prompt goes on" 7 sh -c 'printf "e := nil. e := [ :n | (e value: n + 1) + 1 ]. e value: 1\n3 + 4\n" | "$1" repl 2>/dev/null' sh "$VIV"

for class in Array OrderedCollection Association; do
    [ $class = Association ] && nest='key: list value: nil' || nest='with: list'
    check "a $class nested 1,000,000 deep cannot be printed, which is an error" StackOverflow \
        "$VIV" --timeout 60 eval "| list | list := nil. 1000000 timesRepeat: [ list := $class $nest ].
            [ list printString size ] on: StackOverflow do: [ :error | error class name ]"
done
check "comparing, hashing and copying such end or are an error" 'true' \
    "$VIV" --timeout 100 eval "| lists | lists := (1 to: 2) collect: [ :each | | list | list := each. 1000000 timesRepeat: [ list := Array with: list ]. list ].
        { [ lists first = lists last ]. [ lists first hash ]. [ lists first deepCopy ] }
            allSatisfy: [ :each | [ each value. true ] on: StackOverflow do: [ :error | true ] ]"

compiled() { # NAME WANTED BEFORE INNER AFTER COUNT: COUNT times BEFORE, INNER, COUNT times AFTER, evaluated
    check "$1" "$2" "$VIV" --timeout 60 eval "| text |
        text := String streamContents: [ :stream |
            $6 timesRepeat: [ stream nextPutAll: '$3' ]. stream nextPutAll: '$4'. $6 timesRepeat: [ stream nextPutAll: '$5' ] ].
        [ Compiler evaluate: text ] on: SyntaxErrorNotification do: [ :error | 'refused' ]"
}
compiled "10,000 parentheses are refused" refused '(' 3 ')' 10000
compiled "10,000 blocks" refused '[' 3 ']' 10000
compiled "10,000 literal arrays" refused '#(' 3 ')' 10000
compiled "10,000 brace arrays" refused '{' 3 '}' 10000
compiled "10,000 arguments in parentheses" refused '1 + (' 3 ')' 10000
compiled "10,000 keyword arguments" refused '1 max: (' 3 ')' 10000
compiled "10,000 messages one after the other are compiled" 3 '' 3 ' negated' 10000
compiled "10,000 operators" 10003 '' 3 ' + 1' 10000
compiled "10,000 cascaded messages" 10000 '' '(1 to: 10000) readStream next' '; next' 9999
{ printf '%010000d' 0 | tr 0 '('; echo; echo '3 + 4'; } >deep.st
check_match "a script with 10,000 parentheses ends with exit code 4" 4 'nested more than 200 deep' "$VIV" deep.st
cp -r "$ROOT/tests/golden/world" world
printf "\n{ #category : 'golden' }\nPoint >> deep [\n\t^ %s\n]\n" "$(printf '%010000d' 0 | tr 0 '(')3$(printf '%010000d' 0 | tr 0 ')')" >>world/Golden/Point.class.st
check_match "so does a build of such a method" 4 'nested more than 200 deep' "$VIV" build world/manifest -o deep.image
