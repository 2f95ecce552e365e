# The decompiler of the image gives for every method of the image text that compiles to the same header, literals and bytecodes; a few in a hundred may give other ones.
. "$(dirname "$0")/../cli/lib.sh"
cat >decompile.st <<'END'
| count differing invalid |
count := 0.
differing := OrderedCollection new.
invalid := OrderedCollection new.
Smalltalk allClassesDo: [ :class |
	{ class. class class } do: [ :each |
		each methodsDo: [ :method |
			count := count + 1.
			[ (Compiler compile: method decompile formattedCode in: each) = method ifFalse: [ differing add: method ] ]
				on: Error
				do: [ :error | invalid add: method. error return ] ] ] ].
Stdio stdout
	nextPutAll: (count > 8000 ifTrue: [ 'all methods' ] ifFalse: [ 'few methods' ]);
	nextPutAll: (differing size * 100 < count ifTrue: [ ', hardly any differ, ' ] ifFalse: [ ', many differ, ' ]);
	print: invalid size;
	nextPutAll: ' invalid';
	lf
END
check "methods decompile to text that compiles to the same" "all methods, hardly any differ, 0 invalid" "$VIV" "$IMAGE" decompile.st
