#!/usr/bin/env bash
# Texts of methods that an image made elsewhere keeps in files beside it, and regular expressions over all texts.
. "$(dirname "$0")/lib.sh"

# Methods of the class Elsewhere say at their ends where their texts are: sources and changes, beyond 16 MB, numbers of variable
# size, blocks of 32 bytes; `inside` has its text in the image, `lost` points nowhere.
cat >elsewhere.st <<'END'
| install |
Object subclass: #Elsewhere instanceVariableNames: '' classVariableNames: '' package: 'Elsewheres'.
#('old ^ 1' 'new ^ 2' 'at: a put: b ^ a' '+ a ^ 4' 'far ^ 5' 'blocks ^ 6' 'inside ^ 7' 'lost ^ 8') do: [ :each | Elsewhere compile: each ].
install := [ :selector :trailer | | old new first |
	old := Elsewhere >> selector.
	first := old initialPC.
	new := CompiledMethod newMethod: old size - first + 1 + trailer size header: (old objectAt: 1).
	2 to: old numLiterals + 1 do: [ :i | new objectAt: i put: (old objectAt: i) ].
	new objectAt: old numLiterals put: selector.
	first to: old size do: [ :i | new at: i put: (old at: i) ].
	trailer withIndexDo: [ :byte :i | new at: old size + i put: byte ].
	Elsewhere addSelector: selector withMethod: new ].
install value: #old value: #[10 0 0 252].
install value: #new value: #[20 0 0 253].
install value: #at:put: value: #[100 0 0 253].
install value: #+ value: #[8 128 129 180 32].
install value: #far value: #[16 0 0 254].
install value: #blocks value: #[5 0 0 254].
install value: #lost value: { Smalltalk arguments second asInteger. 1. 1. 253 } asByteArray.
Smalltalk saveAs: Smalltalk arguments first
END
put() { # FILE OFFSET TEXT
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
"$VIV" elsewhere.st world.image 7
check_match "methods whose bytes say where their text is are sound" 0 sound "$VIV" check world.image
check_match "texts of the image are found without files" 0 '^inside \^ 7$' "$VIV" source world.image Elsewhere
check_match "a sentence says that there are none" 0 'viv: world.image: 7 of its methods .* world.changes .* they are not' "$VIV" source world.image Elsewhere
check_match "or that nothing is found for want of them" 1 'nothing found: world.image: 1 of its methods' "$VIV" source world.image 'Elsewhere>>old'
check_match "--quiet says nothing of it" 0 '^inside' sh -c '"$1" source world.image Elsewhere --quiet 2>&1 | grep -v "of its methods" && ! "$1" source world.image Elsewhere --quiet 2>&1 | grep -q "of its methods"' sh "$VIV"

put world.changes 20 'new\r\t"very!! new"\r\t^ 2! !'
put world.changes 100 'at: index put: value\n\t^ \351! !'
put world.changes 160 'blocks\r\t"a block"! !'
check_match "what only the sources have is missed still" 0 'there is no .sources file' "$VIV" source world.image Elsewhere
put Some.sources 10 'old ^ 1! !'
truncate -s 16777232 Some.sources
printf 'far\n\t^ 5! !' >>Some.sources
check "a text of the sources" 'Elsewhere>>old
old ^ 1' "$VIV" source world.image 'Elsewhere>>old'
check "one of the changes has its lines and marks" 'Elsewhere>>new
new
	"very! new"
	^ 2' "$VIV" source world.image 'Elsewhere>>new'
check "what is not UTF-8 becomes it" 'Elsewhere>>at:put:
at: index put: value
	^ é' "$VIV" source world.image 'Elsewhere>>at:put:'
check "one beyond 16 MB" 'Elsewhere>>far
far
	^ 5' "$VIV" source world.image 'Elsewhere>>far'
check "one counted in blocks" 'Elsewhere>>blocks
blocks
	"a block"' "$VIV" source world.image 'Elsewhere>>blocks'
# The number in the trailer of + is 8, 0, 1, 52 in groups of seven bits: 16777396, the sources at 180.
put Other.sources 180 '+ other ^ 4! !'
check "of several .sources files the one that has it" 'Elsewhere>>+
+ other ^ 4' "$VIV" source world.image 'Elsewhere>>+'
check_match "a place where there is something else is none" 1 'nothing found: world.image: the texts of 1 of its methods are not in' "$VIV" source world.image 'Elsewhere>>lost'
check_match "grep finds lines of the files" 0 '^Elsewhere>>new:2: .*very! new' "$VIV" grep world.image 'very!'
check_match "also from another folder" 0 '^far' sh -c 'cd / && "$1" source "$2/world.image" "Elsewhere>>far"' sh "$VIV" "$WORK"
put endless.changes 20 'new without an end'
cp world.image endless.image
check_match "a text without end is none" 1 'nothing found' "$VIV" source endless.image 'Elsewhere>>new'
mkdir folder && cp world.image folder/ && mkdir folder/world.changes folder/x.sources
check_match "folders are no files" 1 'nothing found' "$VIV" source folder/world.image 'Elsewhere>>new'

"$VIV" elsewhere.st moved.image 9
check_status "for diff, where a text is makes no difference" 0 "$VIV" diff world.image moved.image
put moved.changes 20 'new\r\t"newer"\r\t^ 2! !'
check_match "but texts that differ do" 1 '^changed method Elsewhere>>new$' "$VIV" diff world.image moved.image

check_match "grep takes regular expressions" 0 '^Integer>>factorial:[0-9]+: ' "$VIV" grep "$IMAGE" --regex '[0-9]{2} factorial +>>> 2[0-9]*0"$'
check_match "which count as text without --regex" 1 'nothing found' "$VIV" grep "$IMAGE" '[0-9]{2} factorial +>>> 2[0-9]*0"$'
check_match "each line begins and ends" 0 '^Elsewhere>>inside:1: inside' "$VIV" grep world.image --regex '^inside.*7$'
check_match "one that is none is refused" 2 'no regular expression' "$VIV" grep "$IMAGE" --regex '(a'
if [ -f "$SHARED_IMAGES/spur64-candle.image" ]; then
    check_match "methods without any text are said" 1 'nothing found: the methods have no text' "$VIV" grep "$SHARED_IMAGES/spur64-candle.image" a
else
    echo "skipped: no ../shared/images"
fi
