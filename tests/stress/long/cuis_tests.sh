#!/usr/bin/env bash
# The tests, benchmarks and examples that lie in Cuis 5.0, an image made by others, each run in it without a display. The image has no
# subclass of TestCase: what it has are methods that check or measure the system itself, and they run by themselves. After each line
# what was answered, and why where that is no success. tools/cuis writes tests/CUIS.md from it.
. "$(dirname "$0")/../../cli/lib.sh"
need_shared_images
SECONDS_EACH=${SECONDS_EACH:-300}

# Evaluates the expression in a fresh copy of the image, whose warnings are taken note of by nobody; prints its printString, or the error with where it happened, on one line.
evaluate() { # EXPRESSION
    rm -rf cuis
    mkdir cuis
    cp "$SHARED_IMAGES/spur32-cuis50.image" cuis/cuis.image
    cat >cuis/tried.st <<END_OF_SCRIPT
| out answer |
out := StdIOWriteStream stdout.
[ answer := [ [ [ $1 ] value printString ] on: Warning do: [ :warning | warning resume ] ] on: Error do: [ :error |
	'error: ', error description, ' in ', error signalerContext printString, ', ', error signalerContext sender printString ].
answer := answer collect: [ :each | each numericValue < 32 ifTrue: [ Character space ] ifFalse: [ each ] ].
out nextPutAll: (answer copyFrom: 1 to: (answer size min: 200)); newLine; flush.
Smalltalk quitPrimitive ] fork
END_OF_SCRIPT
    (cd cuis && "$VIV" run cuis.image --timeout "$SECONDS_EACH" -- -s tried.st 2>errors </dev/null)
}

# The answer, all of it, matches the extended regex. With a reason it is no success, but what is to be expected, or why it fails.
tried() { # NAME WANTED EXPRESSION [REASON]
    local answer status
    answer=$(evaluate "$3")
    status=$?
    if [ $status -eq 0 ] && printf '%s\n' "$answer" | grep -qxE -- "$2"; then
        pass "$1"
    else
        fail "$1" "wanted: $2
status $status: $(tail -n 3 cuis/errors)"
    fi
    echo "# answered: $answer"
    [ $# -lt 4 ] || echo "# reason: $4"
}

no_sources="it compiles the text of all methods; that of 1,176 is in the changes file, which is not here: the image makes an empty one"

tried "TestCase has no subclasses" '0' 'TestCase allSubclasses size'
tried "SUnit itself: four tests made in the image, of which one fails and one is an error" '4 run, 2 passed, 1 failed, 1 error' \
    "Utilities classPool at: #AuthorInitials put: 'vv'; at: #AuthorName put: 'v'. TestCase subclass: #VivTest instanceVariableNames: '' classVariableNames: '' poolDictionaries: '' category: 'Viv'. (Smalltalk at: #VivTest) compile: 'testRight self assert: 3 + 4 = 7'; compile: 'testWrong self assert: 3 + 4 = 8'; compile: 'testError self perform: #nobodyKnows:with:'; compile: 'testRaises self should: [ 1 / 0 ] raise: ZeroDivide'. (Smalltalk at: #VivTest) buildSuite run"

tried "Integer>>tinyBenchmarks" "'[0-9,]+ bytecodes/sec; [0-9,]+ sends/sec'" '1 tinyBenchmarks'
tried "Integer>>benchmark" '1028' '1 benchmark'
tried "Integer>>benchFib" '392835' '26 benchFib'
tried "BlockClosure>>bench" "'[0-9,.]+ .*per second\\.?'" '[ 100 factorial ] bench'
tried "SystemDictionary>>macroBenchmark1: methods decompiled, compiled and decompiled again are the same" '0' 'Smalltalk macroBenchmark1'
tried "SystemDictionary>>macroBenchmark3: its simulator of contexts runs a block that shows its progress" 'Smalltalk' 'Smalltalk macroBenchmark3. Smalltalk' \
    "it simulates decompilation and compilation bytecode by bytecode and counts every send: not over within the time limit"
tried "SystemDictionary>>testDecompiler: how many of all methods, decompiled, compiled and decompiled again, differ" '22' \
    'Smalltalk testDecompiler. MessageSet allInstances inject: 0 into: [ :sum :each | sum + each messageList size ]' "temporaries without names are numbered in another order"
tried "SystemDictionary>>testFormatter" 'error: .*' 'Smalltalk testFormatter' "$no_sources"
tried "SystemDictionary>>testFormatter2" 'error: .*' 'Smalltalk testFormatter2' "$no_sources"
tried "SystemDictionary>>verifyChanges" 'error: .*' 'Smalltalk verifyChanges' "$no_sources"
tried "ClassBuilder class>>checkClassHierarchyConsistency" 'error: MessageNotUnderstood: ClassBuilder class>>informUserDuring: in .*' \
    'ClassBuilder checkClassHierarchyConsistency' "it sends a message that the image has no method for"
tried "what that asks of each class" 'ClassBuilder' 'Smalltalk allClassesDo: [ :each | ClassBuilder checkClassHierarchyConsistencyFor: each ]. ClassBuilder'
tried "Preferences class>>checkForSlips" 'true' 'Preferences checkForSlips'
tried "StrikeFont: the widths of all fonts" 'true' '(StrikeFont allInstances inject: true into: [ :all :font | all and: [ (font widthOfString: '"'Smalltalk'"') > 0 ] ])'

tried "BraceNode class>>example" 'a Set\(5 2 4 1 3\)' 'BraceNode example'
tried "Heap class>>heapExample" 'Heap' 'Heap heapExample'
tried "Heap class>>heapSortExample" 'Heap' 'Heap heapSortExample'
tried "DataStream class>>example" "#\\(nil true Form\\(63x50x8\\) #\\(3 3\\.0 'three'\\) false 1024@-2048 #x #\\(0@-30000\\) 0@-30000\\)" 'DataStream example'
tried "DataStream class>>testWith:" '3' 'DataStream testWith: 3'
tried "ReferenceStream class>>example2" '9' 'ReferenceStream example2 size'
for each in 1 2 3 5 6 7; do
    tried "FileEntry class>>example$each" 'FileEntry' "FileEntry example$each"
done
tried "FileDoesNotExistException class>>example" 'FileDoesNotExistException' 'FileDoesNotExistException example'
tried "Parser class>>chainExamplesDoubleColon" 'Parser' 'Parser chainExamplesDoubleColon'
tried "BreakpointManager class>>testBreakpoint" 'BreakpointManager' 'BreakpointManager testBreakpoint'
tried "Delay class>>testDelayOf:for:rect:" 'Delay' 'Delay testDelayOf: 100 for: 2 rect: (0 @ 0 extent: 10 @ 10)'
tried "ProgressInitiationException class>>testWithout" "'done'" 'ProgressInitiationException testWithout'
tried "ProgressInitiationException class>>testWithAdditionalInfo" "#\\('starting' 'done' 'really!'\\)" 'ProgressInitiationException testWithAdditionalInfo'
for each in testWith testInnermost; do
    tried "ProgressInitiationException class>>$each" 'error: ZeroDivide in SmallInteger>>/, \[\] in ProgressInitiationException class>>testInnermost' \
        "ProgressInitiationException $each" "it divides by zero, to show that errors pass"
done
tried "BitBlt class>>exampleColorMap" 'BitBlt' 'BitBlt exampleColorMap'
tried "WarpBlt class>>testSourceDestOverlap" 'WarpBlt' 'WarpBlt testSourceDestOverlap'
tried "MenuMorph class>>example" 'a MenuMorph.*' 'MenuMorph example'
tried "MenuMorph class>>example2" 'a MenuMorph.*' 'MenuMorph example2'
tried "PluggableButtonMorph class>>example" 'a LayoutMorph.*' 'PluggableButtonMorph example'
tried "LayoutMorph class>>launcherExample" 'a LayoutMorph.*' 'LayoutMorph launcherExample'
for each in 1 1b 2 3 6 7 10 11 13 20; do
    tried "LayoutMorph class>>example$each" 'LayoutMorph|a LayoutMorph.*' "LayoutMorph example$each"
done
for each in 1 2 3 4 5 6; do
    tried "HierarchyBrowserWindow class>>example$each" 'HierarchyBrowserWindow' "HierarchyBrowserWindow example$each"
done
