#!/usr/bin/env bash
# viv FILE.st: statements and definitions run in order; errors have a place; arguments belong to the script.
. "$(dirname "$0")/lib.sh"

cat >hello.st <<'SCRIPT'
Stdio stdout nextPutAll: 'hello'; lf.
SCRIPT
check "a script runs" hello "$VIV" hello.st
check "script is the same" hello "$VIV" script hello.st
check "the value of the last statement is not printed" '' sh -c 'echo "3 + 4" >value.st && "$0" value.st' "$VIV"

printf '#!%s --quiet\nStdio stdout print: 3 + 4; lf.\n' "$VIV" >shebang.st
printf '#!/usr/bin/env viv\nStdio stdout print: 3 + 4; lf.\n' >env.st
chmod +x shebang.st env.st
check "a line for the system is passed over" 7 "$VIV" env.st
check "a script can be a program" 7 env PATH="$(dirname "$VIV"):$PATH" ./env.st

cat >arguments.st <<'SCRIPT'
Smalltalk arguments do: [ :each | Stdio stdout nextPutAll: each; lf ].
SCRIPT
check "arguments are the script's" $'one\n--quiet\n--\n--help' "$VIV" arguments.st one --quiet -- --help
check "no arguments are none" '' "$VIV" arguments.st

cat >classes.st <<'SCRIPT'
Object subclass: #Counter
	instanceVariableNames: 'count'
	classVariableNames: ''
	package: 'Demo'!
Counter >> increment [
	^ count := (count ifNil: [ 0 ]) + 1
]
| c |
c := Counter new.
c increment; increment.
Stdio stdout print: c increment; lf.
SCRIPT
sed -i "s/'Demo'!/'Demo'./" classes.st
check "a script defines classes and methods and uses them" 3 "$VIV" classes.st

printf 'Transcript show: 1.\n3 + ).\n' >syntax.st
check_match "a syntax error names file, line and column" 4 '^syntax\.st:2:[0-9]+: ' "$VIV" syntax.st
printf '3 + 4.\n1 / 0.\n' >zero.st
check_match "an unhandled error is named" 3 'ZeroDivide' "$VIV" zero.st

object_as_method() { # SELECTORS: an object stands for the methods of its own class, and one of its kind is sent foo
    cat >endless.st <<END_OF_SCRIPT
| class |
class := Object newAnonymousSubclass.
#($1) do: [ :each | class addSelectorSilently: each withMethod: class new ].
class new perform: #foo
END_OF_SCRIPT
    "$VIV" endless.st
}
check_match "an object may stand for doesNotUnderstand: only if it can be run" 3 \
    'MessageNotUnderstood: Instance of a subclass of Object did not understand #foo' object_as_method 'run:with:in: doesNotUnderstand:'
printf '%s\n' "| class | class := Class new superclass: nil methodDictionary: MethodDictionary new format: Object format; yourself." \
    "class setName: #Orphan." "[class basicNew foo] on: MessageNotUnderstood do: [:e | Stdio stdout nextPutAll: e messageText; lf]." \
    "[(Array with: class basicNew) printString] on: Error do: [:e | Stdio stdout nextPutAll: e class name; lf]" >orphan.st
check "an object that understands nothing is an error in the process that sends to it" \
    "Instance of Orphan did not understand #foo
MessageNotUnderstood" "$VIV" orphan.st
check_match "objects that stand for methods without end are refused" 1 \
    'others for its run:with:in:' object_as_method 'run:with:in: foo'
printf 'Smalltalk exit: 9.\n1 / 0.\n' >nine.st
check_status "a script may choose its exit code" 9 "$VIV" nine.st

piped() { printf '%s\n' "$1" | "$VIV"; }
check_match "without arguments standard input is the script" 3 'ZeroDivide' piped '1/0'
check "and may end well" 5 piped 'Stdio stdout print: 2 + 3; lf.'
check "an empty script does nothing" '' piped ''
dash() { echo 'Stdio stdout print: Smalltalk arguments size; lf.' | "$VIV" script - a b; }
check "- is standard input, arguments may follow" 2 dash
endless() { yes | timeout 60 "$VIV"; }
check_match "an endless script ends" 4 'longer than' endless
printf 'Stdio stdout nextPutAll: \047\303\244\342\202\254\047; lf.\n' >utf8.st
check "scripts are UTF-8" 'ä€' "$VIV" utf8.st
printf 'Stdio stdout print: 1; lf.\r\nStdio stdout print: 2; lf.\r\n' >crlf.st
check "lines may end as elsewhere" $'1\n2' "$VIV" crlf.st
mkdir folder.st
check_match "a folder is no script" 2 'folder.st is a folder' "$VIV" folder.st
printf '3. "no end\n' >comment.st
check_match "a comment without an end is an error" 4 '^comment\.st:1:4: ' "$VIV" comment.st
printf 'Smalltalk exit: 256\n' >exit256.st
check_status "a failure stays one when its code does not fit in a byte" 255 "$VIV" exit256.st
printf '%0500d)%0500d\n' 0 0 >long.st
check_match "of a long line the place is shown" 4 '^\.\.\.0{120}\)0{80}\.\.\.$' "$VIV" long.st
check_match "with the caret below it" 4 '^ {123}\^$' "$VIV" long.st
