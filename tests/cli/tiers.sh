#!/usr/bin/env bash
# Interpreter and compiled code agree: random methods of source, of bytecodes, of numbers in loops, of elements of Arrays and Strings, and short ones that are called
# often answer and signal the same, leave the same objects behind and run the same number of methods, to the last character. TIER_PROGRAMS=N tries N programs of a kind,
# of elements and of short methods half as many, with several methods each; TIER_FROM=SEED begins elsewhere, TIER_OPTIONS are options of viv for all runs. What differs is shown with its program, whose number makes it again.
. "$(dirname "$0")/../cli/lib.sh"
count=${TIER_PROGRAMS:-80}
first=${TIER_FROM:-1}
chunk=250

cat >run.st <<'END_OF_SCRIPT'
| arguments |
arguments := Smalltalk arguments.
TierRun write: arguments first asSymbol from: arguments second asInteger to: arguments third asInteger on: Stdio stdout
END_OF_SCRIPT
"$VIV" load "$IMAGE" "$ROOT/tests/stress/packages/Tiers" --save-as tiers.image >load.log 2>&1 ||
    { fail "the package that makes random methods loads" "$(cat load.log)"; exit 1; }

must_compile() {
    [ "$PRESET:$(uname -m)" = release:x86_64 ]
}

# Runs programs FROM to TO of a kind, with options of viv; what they print goes to a file.
programs() { # FILE KIND FROM TO OPTION...
    local file=$1 kind=$2 from=$3 to=$4
    shift 4
    "$VIV" ${TIER_OPTIONS:-} "$@" --stats --timeout 240 --stack-max 64M tiers.image run.st "$kind" "$from" "$to" </dev/null >"$file" 2>"$file.errors"
    local status=$?
    [ $status -eq 0 ] || { echo "status $status" >>"$file"; grep -v '^[a-z-]*  *[0-9]' "$file.errors" >>"$file"; }
}

# Whether loops and methods without calls are what a kind is for: they are compiled in one piece.
is_of_loops() { # KIND
    [ "$1" = numbers ] || [ "$1" = elements ] || [ "$1" = short ]
}

statistic() { # NAME FILE
    awk -v name="$1" '$1 == name { count = $2 } END { print count + 0 }' "$2.errors"
}

# The first line that differs, with its program.
difference() { # FILE OTHER
    local line
    line=$(cmp "$1" "$2" 2>&1 | sed 's/.*line //; s/[^0-9].*//')
    line=${line:-$(wc -l <"$1")}
    head -n "$line" "$1" | grep -aE '^(source|code|numbers|elements|short) [0-9]+:' | tail -n 1
    for file in "$1" "$2"; do sed -n "${line}p" "$file" | cut -c 1-1000; done
    tail -n 3 "$2" | cut -c 1-300
}

# The programs to the last seed of a kind agree with the options.
agree() { # NAME KIND LAST OPTION...
    local name=$1 kind=$2 last=$3 from to found= compiled=0 leaves=0 flushes=0
    shift 3
    for ((from = first; from <= last; from += chunk)); do
        to=$((from + chunk - 1 < last ? from + chunk - 1 : last))
        [ -f "$kind.$from.$to" ] || programs "$kind.$from.$to" "$kind" $from $to --no-jit
        programs compiled "$kind" $from $to "$@"
        compiled=$((compiled + $(statistic methods-compiled compiled)))
        leaves=$((leaves + $(statistic leaves-compiled compiled)))
        flushes=$((flushes + $(statistic code-flushes compiled)))
        grep -qa "^$kind $to:" compiled && cmp -s "$kind.$from.$to" compiled || { found=$(difference "$kind.$from.$to" compiled); break; }
    done
    if [ -n "$found" ]; then
        fail "$name" "$found
to see it: $* $kind"
    elif grep -qa '^status' "$kind".*.*; then
        fail "$name" "$(grep -ha -A 20 '^status' "$kind".*.* | head -n 25)"
    elif [ $compiled -eq 0 ]; then
        # Elsewhere than here there may be nothing to compare.
        ! must_compile || { fail "$name" "nothing was compiled"; exit 1; }
        echo "skipped: this build compiles nothing"
        exit 0
    elif is_of_loops $kind && must_compile && [ $leaves -lt $((2 * (last - first + 1))) ]; then
        fail "$name" "only $leaves loops and methods without calls were compiled in one piece"
    else
        pass "$name"
        echo "# $compiled methods compiled, $leaves loops and methods in one piece, $flushes times forgotten"
    fi
}

# A method is sent by 150 places before it is compiled at the 200th call: whichever comes to it then, it is compiled once.
cat >places.st <<'END_OF_SCRIPT'
| class object |
class := ClassFactoryForTestCase new newSubclassOf: Object instanceVariableNames: '' classVariableNames: ''.
class compile: 'shared ^ self yourself yourself'.
1 to: 150 do: [ :each | class compile: 'place' , each printString , ' ^ self shared' ].
object := class new.
Smalltalk arguments first asInteger timesRepeat: [
	1 to: 150 do: [ :each | object perform: ('place' , each printString) asSymbol ] ]
END_OF_SCRIPT
compiled_by_rounds() {
    "$VIV" --stats --jit-after 200 "$IMAGE" places.st "$1" </dev/null >places."$1" 2>places."$1".errors || return 1
    statistic methods-compiled places."$1"
}
compiled_once() {
    local one three
    one=$(compiled_by_rounds 1) && three=$(compiled_by_rounds 3) || return 1
    echo "$one $three"
    [ $((three - one)) -ge 1 ] && [ $((three - one)) -lt 75 ]
}
if must_compile; then
    check_match "code is compiled once, however many places send it" 0 '^[0-9]+ [0-9]+$' compiled_once
    check_match "no test of compiled code is skipped" 0 '^ok MachineTierTest 9$' "$VIV" test "$IMAGE" MachineTierTest
    check "160 programs hold every bytecode" "#()" "$VIV" eval tiers.image "TierCode missingOpcodesFrom: $first to: $first + 159"
fi
# A loop without calls stores new objects into an old Array, and nothing else holds them when the collector comes.
cat >stores.st <<'END_OF_SCRIPT'
| class old |
class := ClassFactoryForTestCase new newSubclassOf: Object instanceVariableNames: '' classVariableNames: ''.
class compile: 'fill: to from: from | size | size := to size. 1 to: size do: [ :i | to at: i put: (from at: size + 1 - i) ]'.
old := Array new: 1000.
Smalltalk garbageCollect.
1 to: 40 do: [ :round |
	class new fill: old from: ((1 to: 1000) asArray collect: [ :each | (each + round) printString ]).
	200 timesRepeat: [ Array new: 5000 ].
	old doWithIndex: [ :each :i | each = (1001 - i + round) printString ifFalse: [ Error signal: 'lost' ] ] ].
Stdio stdout print: old first; lf
END_OF_SCRIPT
check "new objects that compiled loops store into old ones live on" "'1040'" "$VIV" --jit-after 2 "$IMAGE" stores.st
last=$((first + count - 1))
few=$((first + (count - 1) / 8)) quarter=$((first + (count - 1) / 4))
for kind in source code numbers elements short; do
    # What is forgotten all the time is compiled all the time: loops want none of that.
    ! is_of_loops $kind || few=$((first + (count - 1) / 40))
    # Programs of elements run each method more often, those of short methods many times.
    { [ $kind != elements ] && [ $kind != short ]; } || last=$((first + (count - 1) / 2)) few=$((first + (count - 1) / 80))
    [ $kind != short ] || quarter=$((first + (count - 1) / 8))
    agree "random methods of $kind agree when compiled at once" $kind $last --jit-after 1
    agree "random methods of $kind agree when compiled at the second call or loop" $kind $last --jit-after 2
    agree "random methods of $kind agree when compiled in the middle of their loops" $kind $last --jit-after 7
    ! is_of_loops $kind ||
        agree "random methods of $kind agree when compiled after all has run" $kind $last --jit-after 40
    agree "random methods of $kind agree with flushed stacks and small caches" $kind $quarter \
        --jit-after 3 --stress-flush 3 --stress-poll 5 --stress-caches
    rm -f $kind.*
    chunk=25
    agree "random methods of $kind agree in a zone of 64 KB" $kind $few --jit-after 1 --jit-zone 64K
    agree "random methods of $kind agree in a zone of 64 KB with flushed stacks" $kind $few --jit-after 2 --jit-zone 64K --stress-flush 7 --stress-poll 3
    rm -f $kind.*
    chunk=250
done
# Its condition of several parts has once made a loop of compiled code with two beginnings.
if [ "$first" = 1 ]; then
    first=184
    agree "a random method whose loop has a long condition agrees" elements 184 --jit-after 2
fi
