#!/usr/bin/env bash
# The pretty printer over every method of the image: the same text again from its own text, the same code, no comment lost.
. "$(dirname "$0")/../cli/lib.sh"
[ "$PRESET" = release ] || { echo "skipped: only in the release build"; exit 0; }
cat >pretty.st <<'END_OF_SCRIPT'
| count faults |
count := 0.
faults := OrderedCollection new.
Smalltalk allClassesDo: [ :class |
	{ class. class class } do: [ :each |
		each methodsDo: [ :method |
			count := count + 1.
			(PrettyPrintedMethod of: method in: each) faults do: [ :fault | faults add: method printString , ' ' , fault ] ] ] ].
faults do: [ :each | Stdio stdout nextPutAll: each; lf ].
Stdio stdout nextPutAll: (count > 8000 ifTrue: [ 'all methods' ] ifFalse: [ 'few methods' ]); nextPutAll: ', '; print: faults size; nextPutAll: ' faults'; lf
END_OF_SCRIPT
check "every method is written the same again, compiles to the same, and keeps its comments" "all methods, 0 faults" "$VIV" "$IMAGE" pretty.st
