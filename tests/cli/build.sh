#!/usr/bin/env bash
# viv build: the same sources give the same bytes; what is wrong with them is said with file, line and column.
. "$(dirname "$0")/lib.sh"

MANIFEST=$ROOT/image/packages/manifest

check_status "a build succeeds" 0 "$VIV" build "$MANIFEST" -o one.image
check_status "a second build succeeds" 0 "$VIV" build "$MANIFEST" -o two.image
check_status "two builds give the same bytes" 0 cmp one.image two.image
check_match "what was built is sound" 0 "sound" "$VIV" check one.image
check "what was built evaluates" 7 "$VIV" eval --image one.image '3 + 4'

check_status "a portable build succeeds" 0 "$VIV" build "$MANIFEST" -o portable.image --portable
check_match "a portable build is another image" 1 "differ" cmp one.image portable.image
check "a portable build evaluates" 12 "$VIV" eval --image portable.image '(1 to: 3) inject: 6 into: [ :a :b | a + b ]'

# A library of ours and one more package, to be broken.
mkdir Extra
sed "s,^\([A-Z]\),$ROOT/image/packages/\1," "$MANIFEST" >manifest
echo "Extra" >>manifest
printf "Package { #name : 'Extra' }\n" >Extra/package.st

write_class() {
    printf "Class { #name : 'Extra', #superclass : 'Object' }\n\n{ #category : 'x' }\nExtra >> foo [\n\t%s\n]\n" "$1" >Extra/Extra.class.st
}

write_class '^ 3 + 4'
check_status "a package beside the library is built in" 0 "$VIV" build manifest -o extra.image
check "and its methods run" 7 "$VIV" eval --image extra.image 'Extra new foo'

# What a start needs is put to the front: the objects are the same, and each is once there.
grep -v ^rehearse manifest >unrehearsed
check_status "a manifest needs no rehearsal" 0 "$VIV" build unrehearsed -o unrehearsed.image
check_status "a rehearsal adds no class and no method" 0 "$VIV" diff unrehearsed.image extra.image
objects() { "$VIV" check "$1" | sed 's/^[^:]*: //'; }
check "and no object" "$(objects unrehearsed.image)" objects extra.image
different_bytes() { cmp -l unrehearsed.image extra.image | wc -l; }
check_status "but most of them stand elsewhere" 0 test "$(different_bytes)" -gt 1000000
(cat unrehearsed && echo "rehearse eval 1/0") >failing
check_match "a rehearsal that fails fails the build" 1 "the rehearsal ended with status" "$VIV" build failing -o failing.image
check_status "and leaves no image" 1 test -e failing.image

write_class '^ 3 +'
check_match "an error names file, line and column" 4 "Extra/Extra.class.st:5:7: an expression is missing" \
    "$VIV" build manifest -o broken.image
check_status "a failed build leaves no image" 1 test -e broken.image

write_class '^ Zork'
check_match "an undefined name is a warning" 0 "Extra.class.st:5:4: warning: Zork is not defined" "$VIV" build manifest -o zork.image
check "and is nil" nil "$VIV" eval --image zork.image 'Extra new foo'

write_class "^ 'open"
check_match "a string without an end is an error" 4 "Extra.class.st:5:4: the string that begins here has no end" "$VIV" build manifest -o broken.image

write_class '^ 1'
printf "\n{ #category : 'x' }\nExtra class >> initialize [\n\t1 zork\n]\n" >>Extra/Extra.class.st
check_match "an initialize that fails fails the build" 1 "did not understand #zork" "$VIV" build manifest -o broken.image

check_match "a manifest that is not there is a usage error" 2 "nowhere" "$VIV" build nowhere -o broken.image
check_match "an output that cannot be written is said at once" 8 '^viv: nofolder/x.image cannot be written: ' "$VIV" build manifest -o nofolder/x.image
