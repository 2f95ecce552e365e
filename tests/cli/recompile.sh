# The compiler in the image gives for every method of the image what the bootstrap compiler gave: header, literals, bytecodes.
. "$(dirname "$0")/../cli/lib.sh"
check_every_method "every method compiles to what the bootstrap compiler made" \
    "[ :made | (made = method and: [ made pragmas = method pragmas and: [ made selector == method selector ] ])
				ifTrue: [ #() ] ifFalse: [ #('differs') ] ] value: (Compiler compile: method sourceCode in: each)"
