#!/usr/bin/env bash
# The screen of images made elsewhere, by the primitives that they use, on a host without a display.
. "$(dirname "$0")/lib.sh"

cat >screen.st <<'END'
Object subclass: #OtherForm instanceVariableNames: 'bits width height depth offset' classVariableNames: '' package: 'Other'!

!OtherForm methodsFor: 'a'!
setExtent: aPoint depth: anInteger
	width := aPoint x.
	height := aPoint y.
	depth := anInteger.
	bits := WordArray new: width * anInteger abs + 31 // 32 * height! !

!OtherForm methodsFor: 'a'!
bits
	^ bits! !

!OtherForm methodsFor: 'a'!
beDisplay
	<primitive: 102>
	^ #failed! !

!OtherForm methodsFor: 'a'!
showLeft: l right: r top: t bottom: b
	<primitive: 127>
	^ #failed! !

!OtherForm methodsFor: 'a'!
screenSize
	<primitive: 106>
	^ #failed! !

!OtherForm methodsFor: 'a'!
nextEvent: anArray
	<primitive: 94>
	^ #failed! !

!OtherForm methodsFor: 'a'!
next
	| event |
	event := Array new: 8.
	self nextEvent: event.
	^ event! !

!OtherForm methodsFor: 'a'!
mousePoint
	<primitive: 90>
	^ #failed! !

!OtherForm methodsFor: 'a'!
mouseButtons
	<primitive: 107>
	^ #failed! !

!OtherForm methodsFor: 'a'!
nextKey
	<primitive: 108>
	^ #failed! !

!OtherForm methodsFor: 'a'!
peekKey
	<primitive: 109>
	^ #failed! !

!OtherForm methodsFor: 'a'!
clipboard
	<primitive: 141>
	^ #failed! !

!OtherForm methodsFor: 'a'!
clipboard: aString
	<primitive: 141>
	^ #failed! !

Object subclass: #OtherBlt instanceVariableNames: 'dest source halftone rule destX destY width height sourceX sourceY clipX clipY clipWidth clipHeight map' classVariableNames: '' package: 'Other'!

!OtherBlt methodsFor: 'a'!
setDest: aForm source: anotherForm halftone: words
	dest := aForm.
	source := anotherForm.
	halftone := words.
	rule := 3.
	destX := 20.
	destY := 10.
	width := height := 1! !

!OtherBlt methodsFor: 'a'!
copyBits
	<primitive: 96>
	^ #failed! !
END
check_status "methods of such an image load" 0 sh -c 'cp "$1" other.image && "$2" load other.image screen.st --save' sh "$IMAGE" "$VIV"

run() { "$VIV" eval other.image "$1"; }
null='HostWindow useNullHost: 1. '

check "without a screen nothing is shown" '#(failed failed)' run \
    '| form | form := OtherForm new setExtent: 8@4 depth: 32; yourself. { form screenSize. form mousePoint }'
check "the window has a size" '(1024@768)' run "$null OtherForm new screenSize"
check "a Display is shown in it" 'an Array(Color red Color black Color red)' run "$null
    | form png write |
    write := [ :name | | window | window := HostWindow basicNew. window instVarNamed: 'number' put: 1. window writePNGTo: name ].
    form := OtherForm new setExtent: 40@30 depth: 32; yourself.
    form bits at: 40 * 2 + 4 put: 16rFF0000.
    form beDisplay.
    form bits at: 40 * 20 + 31 put: 16rFF0000.
    write value: 'before.png'.
    form showLeft: 30 right: 31 top: 20 bottom: 21.
    write value: 'after.png'.
    { (Form fromFileNamed: 'before.png') colorAt: 3@2.
      (Form fromFileNamed: 'before.png') colorAt: 30@20.
      (Form fromFileNamed: 'after.png') colorAt: 30@20 }"
check "what is copied there shows at once, and so does what is filled" 'an Array(Color white Color red Color green)' run "$null
    | display other write |
    write := [ :name | | window | window := HostWindow basicNew. window instVarNamed: 'number' put: 1. window writePNGTo: name ].
    display := OtherForm new setExtent: 40@30 depth: 32; yourself.
    display bits atAllPut: 16rFFFFFF.
    display beDisplay.
    write value: 'before.png'.
    other := OtherForm new setExtent: 1@1 depth: 32; yourself.
    other bits at: 1 put: 16rFF0000.
    (OtherBlt new setDest: display source: other halftone: nil; yourself) copyBits.
    write value: 'copied.png'.
    (OtherBlt new setDest: display source: nil halftone: (WordArray with: 16r00FF00); yourself) copyBits.
    write value: 'filled.png'.
    #('before.png' 'copied.png' 'filled.png') collect: [ :each | (Form fromFileNamed: each) colorAt: 20@10 ]"
check "of every depth, bits that are too few or are none are refused" '#(true true true true true true true failed failed failed)' run "$null
    (#(1 2 4 8 16 32 -8) collect: [ :depth | | form | form := OtherForm new setExtent: 33@5 depth: depth; yourself. form beDisplay == form and: [ (form showLeft: -5 right: 70000 top: 2 bottom: 3) == form ] ])
        , (#(3 32 8) collect: [ :depth | | form |
            form := OtherForm new setExtent: 33@5 depth: depth; yourself.
            depth = 32 ifTrue: [ form instVarNamed: 'bits' put: (WordArray new: 33 * 5 - 1) ].
            depth = 8 ifTrue: [ form instVarNamed: 'bits' put: 'abc' ].
            form beDisplay. form showLeft: 0 right: 33 top: 0 bottom: 5 ])"

# HostEvent's numbers: kind time window x y key button modifiers detail produced text
event() { echo "HostWindow title: 'x' extent: 9@9. HostEventQueue new primAdd: #($1) copy. "; }
check "a press of the mouse" '#(1 77 5 6 4 1 0 1)' run "$null $(event '2 77 1 5 6 0 1 1 1 0 nil') OtherForm new next"
check "and its release" '#(1 78 5 7 0 0 0 1)' run "$null $(event '2 77 1 5 6 0 1 0 1 0 nil') $(event '3 78 1 5 7 0 1 0 1 0 nil')
    OtherForm new next; next"
check "typed text, beyond ASCII" '#(2 80 228 0 0 228 0 1)' run "$null HostWindow title: 'x' extent: 9@9. HostEventQueue new primAdd: { 7. 80. 1. 0. 0. 0. 0. 0. 0. 0. 'ä' utf8Encoded asString }. OtherForm new next"
check "a key without text is a key and a character" '#(#(2 81 13 1 0 13 0 1) #(2 81 13 0 0 13 0 1) #(0 0 0 0 0 0 0 0))' run "$null $(event '5 81 1 0 0 13 40 0 0 13 nil')
    | form | form := OtherForm new. (1 to: 3) collect: [ :i | form next ]"
check "a letter with control is a number" '#(2 82 3 0 2 3 0 1)' run "$null $(event '5 82 1 0 0 99 6 2 0 99 nil') OtherForm new next; next"
check "with alt it is a command" '#(2 82 99 0 8 99 0 1)' run "$null $(event '5 82 1 0 0 99 6 4 0 99 nil') OtherForm new next; next"
check "a wheel" '#(7 90 0 120 0 0 0 1)' run "$null $(event '4 90 1 5 6 0 0 0 1000 0 nil') OtherForm new next"
check "a window that should close" '#(5 91 2 0 0 0 0 1)' run "$null $(event '10 91 1 0 0 0 0 0 0 0 nil') OtherForm new next"
check "a buffer that is too short is refused, and so is what is none" '#(failed failed)' run "$null { OtherForm new nextEvent: (Array new: 7). OtherForm new nextEvent: 'abcdefgh' }"
check "and a context" '#(failed true)' run "$null $(event '2 77 1 5 6 0 1 1 1 0 nil') { OtherForm new nextEvent: thisContext. thisContext sender isContext }"
check "images that ask are told" 'an Array((5@6) 12 97 97 nil)' run "$null $(event '2 77 1 5 6 0 1 1 1 0 nil') $(event "7 80 1 0 0 0 0 0 0 0 'a'") $(event '1 81 1 5 6 0 1 1 0 0 nil')
    | form | form := OtherForm new. { form mousePoint. form mouseButtons. form peekKey. form nextKey. form nextKey }"
check "the clipboard" zork run "$null OtherForm new clipboard: 'zork'; clipboard"
