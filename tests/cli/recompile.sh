# The compiler in the image gives for every method of the image what the bootstrap compiler gave: header, literals, bytecodes.
. "$(dirname "$0")/../cli/lib.sh"
cat >recompile.st <<'END'
| count differing |
count := 0.
differing := OrderedCollection new.
Smalltalk allClassesDo: [ :class |
	{ class. class class } do: [ :each |
		each methodsDo: [ :method |
			| made |
			count := count + 1.
			made := Compiler compile: method sourceCode in: each.
			(made = method and: [ made pragmas = method pragmas and: [ made selector == method selector ] ])
				ifFalse: [ differing add: method printString ] ] ] ].
differing do: [ :each | Stdio stdout nextPutAll: each; lf ].
Stdio stdout nextPutAll: (count > 8000 ifTrue: [ 'all methods' ] ifFalse: [ 'few methods' ]); nextPutAll: ', '; print: differing size; nextPutAll: ' differ'; lf
END
check "every method compiles to what the bootstrap compiler made" "all methods, 0 differ" "$VIV" "$IMAGE" recompile.st
