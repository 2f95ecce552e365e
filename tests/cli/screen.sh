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

!OtherForm methodsFor: 'a'!
beCursor
	<primitive: 101>
	^ #failed! !

!OtherForm methodsFor: 'a'!
beCursorWithMask: aForm
	<primitive: 101>
	^ #failed! !

!OtherForm methodsFor: 'a'!
supportsDepth: anInteger
	<primitive: 91>
	^ #failed! !

!OtherForm methodsFor: 'a'!
newDepth: d width: w height: h fullscreen: f
	<primitive: 92>
	^ #failed! !

!OtherForm methodsFor: 'a'!
newDepth: anInteger
	<primitive: 92>
	^ #failed! !

!OtherForm methodsFor: 'a'!
force
	<primitive: 231>
	^ #failed! !

!OtherForm methodsFor: 'a'!
beep
	<primitive: 140>
	^ #failed! !

!OtherForm methodsFor: 'a'!
defer: aBoolean
	<primitive: 126>
	^ #failed! !

!OtherForm methodsFor: 'a'!
fullScreen: aBoolean
	<primitive: 233>
	^ #failed! !

!OtherForm methodsFor: 'a'!
relinquish: anInteger
	<primitive: 230>
	^ #failed! !

!OtherForm methodsFor: 'a'!
interruptKey: anInteger
	<primitive: 133>
	^ #failed! !

!OtherForm methodsFor: 'a'!
inputSemaphore: anInteger
	<primitive: 93>
	^ #failed! !

!OtherForm methodsFor: 'a'!
readCursor: words
	<primitive: 'primitiveReadCursor' module: 'VivariumHost'>
	^ #failed! !

!OtherForm methodsFor: 'a'!
offset: aPoint
	offset := aPoint! !

!OtherForm methodsFor: 'a'!
rows: anArray
	anArray doWithIndex: [ :each :i | bits at: i put: (each bitShift: 32 - width) ]! !

!OtherForm methodsFor: 'a'!
cursor
	"Answer the spot, the extent and the pixels as rows of letters, or nil."
	| words letters |
	words := WordArray new: 4 + (64 * 64).
	(self readCursor: words) == true ifFalse: [ ^ nil ].
	letters := Dictionary newFrom: { 0 -> $. . 16rFF000000 -> $b . 16rFFFFFFFF -> $w . 16rFFFF0000 -> $r . 16r80FF0000 -> $h }.
	^ { (words at: 1) @ (words at: 2). (words at: 3) @ (words at: 4) } ,
		((0 to: (words at: 4) - 1) collect: [ :y | String withAll: ((1 to: (words at: 3)) collect: [ :x | letters at: (words at: y * (words at: 3) + 4 + x) ifAbsent: [ $? ] ]) ])! !

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

run() { "$VIV" eval other.image "$1" --timeout 30; }
null='HostWindow useNullHost: 1. '

check "without a screen there is a desk at which nobody sits" 'an Array((1024@768) (0@0) 0 nil nil true false 0)' run \
    '| form | form := OtherForm new setExtent: 8@4 depth: 32; yourself.
    { form screenSize. form mousePoint. form mouseButtons. form nextKey. form peekKey. form supportsDepth: 8. form supportsDepth: 7. form next first }'
check "which takes wishes, and has no clipboard" '#(true true true true true true failed)' run \
    '| form | form := OtherForm new setExtent: 8@4 depth: 32; yourself.
    { form beDisplay == form. form beCursor == form. (form newDepth: 8 width: 640 height: 480 fullscreen: false) == form. form force == form. form beep == form. (form fullScreen: true) == form. form clipboard }'
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
check "typed text, beyond ASCII: in MacRoman and as a code point" '#(2 80 138 0 0 228 0 1)' run "$null HostWindow title: 'x' extent: 9@9. HostEventQueue new primAdd: { 7. 80. 1. 0. 0. 0. 0. 0. 0. 0. 'ä' utf8Encoded asString }. OtherForm new next"
check "a key without text is a key and a character" '#(#(2 81 13 1 0 13 0 1) #(2 81 13 0 0 13 0 1) #(0 0 0 0 0 0 0 0))' run "$null $(event '5 81 1 0 0 13 40 0 0 13 nil')
    | form | form := OtherForm new. (1 to: 3) collect: [ :i | form next ]"
check "a letter with control is a number" '#(2 82 3 0 2 3 0 1)' run "$null $(event '5 82 1 0 0 99 6 2 0 99 nil') OtherForm new next; next"
check "with alt it is a command" '#(2 82 99 0 8 99 0 1)' run "$null $(event '5 82 1 0 0 99 6 4 0 99 nil') OtherForm new next; next"
check "a wheel is arrow keys with control" '#(#(2 90 30 1 2 30 0 1) #(2 90 30 0 2 30 0 1) #(2 90 30 2 2 30 0 1) #(0 0 0 0 0 0 0 0))' run "$null $(event '4 90 1 5 6 0 0 0 1000 0 nil')
    | form | form := OtherForm new. (1 to: 4) collect: [ :i | form next ]"
check "parts of a notch add up, whichever way they go" '#(28 31 nil)' run "$null $(event '4 90 1 5 6 -600 0 0 -400 0 nil') $(event '4 91 1 5 6 -600 0 0 -700 0 nil')
    | form keys | form := OtherForm new. keys := OrderedCollection new. [ (keys add: form nextKey) isNil ] whileFalse. (keys collect: [ :each | each ifNotNil: [ each bitAnd: 255 ] ]) asArray sort: [ :a :b | b isNil or: [ a notNil and: [ a < b ] ] ]"
check "a window that should close" '#(5 91 2 0 0 0 0 1)' run "$null $(event '10 91 1 0 0 0 0 0 0 0 nil') OtherForm new next"
check "a buffer that is too short is refused, and so is what is none" '#(failed failed)' run "$null { OtherForm new nextEvent: (Array new: 7). OtherForm new nextEvent: 'abcdefgh' }"
check "and a context" '#(failed true)' run "$null $(event '2 77 1 5 6 0 1 1 1 0 nil') { OtherForm new nextEvent: thisContext. thisContext sender isContext }"
check "images that ask are told" 'an Array((5@6) 12 97 97 nil)' run "$null $(event '2 77 1 5 6 0 1 1 1 0 nil') $(event "7 80 1 0 0 0 0 0 0 0 'a'") $(event '1 81 1 5 6 0 1 1 0 0 nil')
    | form | form := OtherForm new. { form mousePoint. form mouseButtons. form peekKey. form nextKey. form nextKey }"
check "the clipboard" zork run "$null OtherForm new clipboard: 'zork'; clipboard"
check "the clipboard's lines end as images and window systems want it" "#(97 13 13 98 195 164 13) #(97 10 10 98 195 164 10 99)" run "$null | form one |
    form := OtherForm new.
    Clipboard default contents: (String withAll: { \$a. Character lf. Character lf. \$b. (Character value: 228). Character cr. Character lf }).
    one := form clipboard asByteArray asArray.
    form clipboard: #[ 97 13 13 98 195 164 13 10 99 ] asString.
    one printString , ' ' , Clipboard default contents utf8Encoded asArray printString"
check "bytes that are no UTF-8 are MacRoman" 'aäé' run "$null OtherForm new clipboard: #[ 97 138 142 ] asString. Clipboard default contents"

# The cursor.
form="| form mask | form := OtherForm new setExtent: 4@3 depth: 1; offset: -1 @ -2; rows: #(8 12 0); yourself. mask := OtherForm new setExtent: 4@3 depth: 1; rows: #(12 12 12); yourself. "
check "a cursor of one bit is black where it is set" 'an Array((1@2) (4@3) b... bb.. ....)' run "$null $form form beCursor. form cursor"
check "with a mask it is white where only that is set" 'an Array((1@2) (4@3) bw.. bb.. ww..)' run "$null $form form beCursorWithMask: mask. form cursor"
check "one without a bit hides it" 'nil' run "$null $form form beCursor. (form rows: #(0 0 0); yourself) beCursor. form cursor"
check "one of 32 bits has alpha, premultiplied" 'an Array((0@0) (2@1) hr)' run "$null | form |
    form := OtherForm new setExtent: 2@1 depth: 32; offset: 3@0; yourself. form bits at: 1 put: 16r80800000; at: 2 put: 16rFFFF0000. form beCursor. form cursor"
check "in a window of twice the size it is twice as large" 'an Array((2@4) (8@6) bb...... bb...... bbbb.... bbbb.... ........ ........)' \
    run "HostWindow useNullHost: 2. $form form beCursor. form cursor"
check "what is no cursor is refused" '#(failed failed failed failed)' run "$null $form
    { (OtherForm new setExtent: 4@3 depth: 8; yourself) beCursor. form beCursorWithMask: nil. form beCursorWithMask: (OtherForm new setExtent: 5@3 depth: 1; yourself).
      (OtherForm new setExtent: 4000@3 depth: 1; yourself) beCursor }"
check "a cursor of ours takes its place" 'nil' run "$null $form form beCursor. HostWindow cursor: #text. form cursor"

# What an image asks of its screen.
check "depths" '#(true true true true true true true false false false false)' run "$null #(1 2 4 8 16 32 -8 0 3 64 -5) collect: [ :each | OtherForm new supportsDepth: each ]"
check "a new size of the window" 'an Array((640@480) (640@480) failed failed failed)' run "$null | form | form := OtherForm new.
    form newDepth: 8 width: 640 height: 480 fullscreen: false.
    { form screenSize. (form newDepth: 16) screenSize. form newDepth: 7 width: 640 height: 480 fullscreen: false. form newDepth: 8 width: 0 height: 480 fullscreen: false. form newDepth: 8 width: 100000 height: 480 fullscreen: false }"
check "wishes are taken, the bell is silent" 'true' run "$null | form | form := OtherForm new. { form force. form beep. form fullScreen: true. form fullScreen: false. form interruptKey: 2094. form inputSemaphore: 0 } allSatisfy: [ :each | each == form ]"
check "giving the processor back ends when a delay does" 'true' run "| form done | form := OtherForm new. done := false. [ 30 milliSeconds wait. done := true ] forkAt: Processor activePriority + 1. [ done ] whileFalse: [ form relinquish: 1000 ]. done"
write='write := [ :name | | window | window := HostWindow basicNew. window instVarNamed: '"'number'"' put: 1. window writePNGTo: name ].'
check "what is deferred is not shown before it is asked for" 'an Array(Color white Color white Color red)' run "$null | display other write | $write
    display := OtherForm new setExtent: 40@30 depth: 32; yourself.
    display bits atAllPut: 16rFFFFFF.
    display beDisplay; defer: true.
    write value: 'before.png'.
    other := OtherForm new setExtent: 1@1 depth: 32; yourself.
    other bits at: 1 put: 16rFF0000.
    (OtherBlt new setDest: display source: other halftone: nil; yourself) copyBits.
    write value: 'deferred.png'.
    display showLeft: 20 right: 21 top: 10 bottom: 11.
    write value: 'shown.png'.
    #('before.png' 'deferred.png' 'shown.png') collect: [ :each | (Form fromFileNamed: each) colorAt: 20@10 ]"
# The pixel of the value given at 33@1, as 0xRRGGBB, for each depth and value.
colors() { # DEPTH VALUES...
    local depth=$1
    shift
    run "$null | form write place word | $write
    form := OtherForm new setExtent: 70@3 depth: $depth; yourself.
    form beDisplay.
    place := 33 * $depth. word := 70 * $depth + 31 // 32 + (place // 32) + 1.
    String streamContents: [ :stream | #($*) do: [ :value | | color |
        form bits at: word put: ((value bitShift: 32 - $depth - (place \\\\ 32))).
        form showLeft: 0 right: 70 top: 0 bottom: 3.
        write value: 'depth.png'.
        color := (Form fromFileNamed: 'depth.png') pixelValueAt: 33@1.
        stream nextPutAll: ((color bitAnd: 16rFFFFFF) printStringBase: 16); space ] ]"
}
check "colours of 1 bit" "FFFFFF 0 " colors 1 0 1
check "of 2 bits" "FFFFFF 0 FFFFFF 808080 " colors 2 0 1 2 3
check "of 4 bits" "FFFFFF 0 FFFFFF 808080 FF0000 FF00 FF FFFF FFFF00 FF00FF 202020 404040 606060 9F9F9F BFBFBF DFDFDF " colors 4 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
check "of 8 bits: the same, grays, a cube of red, blue and green" "FFFFFF 0 FF0000 DFDFDF 70707 F7F7F7 0 FF 3300 330000 FFFFFF " colors 8 0 1 4 15 16 39 40 70 41 76 255
check "of 16 bits" "0 FF0000 FF00 FF 848484 " colors 16 0 31744 992 31 16912
check "of 32 bits" "0 123456 FFFFFF " colors 32 0 1193046 4294967295

# Windows that are larger than what they show.
check "in a window of twice the size the image has half of its pixels" 'an Array((1024@768) (2@3))' run "HostWindow useNullHost: 2. $(event '1 77 1 5 6 0 0 0 0 0 nil') { OtherForm new screenSize. OtherForm new mousePoint }"
check "and hears of a new size in its own" '#(5 79 1 0 0 50 30 1)' run "HostWindow useNullHost: 2. $(event '9 79 1 100 60 0 0 0 0 0 nil') OtherForm new next"
scaled() { # SCALE POINT...
    local scale=$1
    shift
    run "HostWindow useNullHost: $scale. | form write image | $write
    form := OtherForm new setExtent: 8@4 depth: 32; yourself.
    form bits atAllPut: 16rFF0000.
    form beDisplay.
    form bits at: 8 * 1 + 3 put: 16r0000FF.
    form showLeft: 2 right: 3 top: 1 bottom: 2.
    write value: 'scaled.png'.
    image := Form fromFileNamed: 'scaled.png'.
    { image extent } , ({ $* } collect: [ :each | ((image pixelValueAt: each) bitAnd: 16rFFFFFF) printStringBase: 16 ])"
}
check "by a whole number pixels become squares" "an Array((24@12) FF FF FF0000 FF0000)" scaled 3 "6@3. 8@5. 5@3. 9@5"
check "by another they flow into each other" "an Array((12@6) FF0000 94006A FF0000 FF0000)" scaled 1.5 "0@0. 3@1. 6@1. 3@4"
check "an event is kept for who asks for it later" 'an Array((5@6) #(1 77 5 6 0 0 0 1))' run "$null $(event '1 77 1 5 6 0 0 0 0 0 nil') { OtherForm new mousePoint. OtherForm new next }"
check "where nobody asks the oldest keys go" '#(50 127 nil)' run "$null HostWindow title: 'x' extent: 9@9. 1 to: 130 do: [ :i | HostEventQueue new primAdd: { 7. 80. 1. 0. 0. 0. 0. 0. 0. 0. (String with: (i < 3 ifTrue: [ \$1 ] ifFalse: [ \$2 ])) } ].
    | form | form := OtherForm new. { form nextKey. 127 timesRepeat: [ form nextKey ]. form nextKey }"
check "AltGr is the option key" '#(1 77 5 6 0 4 0 1)' run "$null $(event '1 77 1 5 6 0 0 16 0 0 nil') OtherForm new next"
check "all buttons with shift and alt" '79' run "$null $(event '2 77 1 5 6 0 1 1 0 0 nil') $(event '2 78 1 5 6 0 2 1 0 0 nil') $(event '2 79 1 5 6 0 3 5 0 0 nil')
    OtherForm new mouseButtons"
check_status "an image that takes no events ends when its window is closed" 1 run "$null $(event '10 91 1 0 0 0 0 0 0 0 nil') OtherForm new mousePoint. 1 second wait. 3"
