#!/usr/bin/env bash
# viv export, fmt and lint: packages go out as the text they came from.
. "$(dirname "$0")/lib.sh"

PACKAGES=$ROOT/image/packages

# Our own packages are their text.
check_status "all packages are exported" 0 "$VIV" export --all -o out
for folder in "$PACKAGES"/*/; do
    name=$(basename "$folder")
    check_status "the text of $name is that of its sources" 0 diff -r "$folder" "out/$name"
done
check_match "our own packages load over themselves" 0 '^[0-9]+ classes, [0-9]+ methods loaded$' "$VIV" load "$PACKAGES" --save-as self.image
check_status "and are exported from there" 0 "$VIV" export self.image --all -o again
check_status "with the same bytes" 0 diff -r out again
check "the sources are in form" "" "$VIV" fmt "$PACKAGES" --check

# Export, load elsewhere, export.
mkdir Zoo
printf "Package { #name : 'Zoo' }\n" >Zoo/package.st
cat >Zoo/Cow.class.st <<'END'
"
I say ""moo"".

Instance variables
	name	<String>
"
Class {
	#name : #Cow,
	#superclass : #Object,
	#instVars : [ 'name' ],
	#category : #'Zoo-Farm'
}

{ #category : #accessing }
Cow >> sound [ ^ 'moo' ]

{ #category : #'instance creation' }
Cow class >> named: aString [
	| cow unused |
	cow := self new.
	^ Zork for: cow
]
END
check_status "a package is loaded" 0 "$VIV" load Zoo --save-as zoo.image
check_status "and exported" 0 "$VIV" export zoo.image Zoo -o first
check_status "and loaded from there" 0 "$VIV" load first/Zoo --save-as again.image
check_status "and exported again" 0 "$VIV" export again.image Zoo --output second
check_status "with the same bytes" 0 diff -r first second
check_match "headers are those of today" 0 "#package : 'Zoo'" cat first/Zoo/Cow.class.st
check_match "a package that is not there is a usage error" 2 'there is no package Nowhere' "$VIV" export Nowhere -o out
check_status "no folder is a usage error" 2 "$VIV" export Kernel

# fmt makes of the text what export makes of the code.
check_match "fmt --check names a file that is not in form" 1 '^Zoo/Cow.class.st$' "$VIV" fmt Zoo --check
check "fmt names the files it changes" "Zoo/Cow.class.st" "$VIV" fmt Zoo
check_status "what it writes is what export writes" 0 diff -r Zoo first/Zoo
check "a second time it changes nothing" "" "$VIV" fmt Zoo
printf "Class {" >Zoo/Bad.class.st
check_match "a file that cannot be read is said" 4 '^Zoo/Bad.class.st:1:7: a key of the header is missing$' "$VIV" fmt Zoo
check "and stays as it is" "Class {" cat Zoo/Bad.class.st
rm Zoo/Bad.class.st

# lint
check_match "lint finds names that nothing defines" 1 '^Zoo/Cow.class.st:22:4: Zork is not defined$' "$VIV" lint Zoo
check_match "and variables that nothing uses" 1 '^Zoo/Cow.class.st:20:8: the variable unused is not used$' "$VIV" lint Zoo
check_status "code without findings has exit code 0" 0 "$VIV" lint "$PACKAGES/System-Packages" "$PACKAGES/CodeImport"
