#!/usr/bin/env bash
# A method is written on an X server as a person writes it: the browser is opened by its key, a class is made by typing its
# definition, a method with a mistake is refused and shows the mistake, is mended, accepted, and is in the image after saving.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_display 1300x850

open_world

# The browser takes all of the desktop, so that its panes are where they are looked for: the code below, the foot below that.
before=$(picture_of 1200x600+20+100)
press ctrl+b
is_open() { [ "$(picture_of 1200x600+20+100)" != "$before" ]; }
wait_for "Ctrl+B opens a browser" is_open
press ctrl+shift+w s
is_maximised() { [ "$(color_at 1200 700)" = FFFFFF ] && [ "$(color_at 640 754)" = F1EFEA ]; }
wait_for "Ctrl+Shift+W and S give it the desktop" is_maximised
shot method-browser

# Whether the foot of the browser has a colour: those of warnings and errors stand for what it says.
foot_has() { import -window root -crop 900x18+10+744 -depth 8 rgb:- 2>/dev/null | od -An -tx1 -v | tr -d ' \n' | grep -q "$1"; }

# The template of a class stands in the pane; what is typed over it is the definition of a class in a package of its own.
click 600 600
press ctrl+a
type_text "Object subclass: #Barometer instanceVariableNames: 'pressure' classVariableNames: '' package: 'Weather'"
wait_for "the foot says that the text is edited" foot_has 8a5800
press ctrl+s
is_clean() { ! foot_has 8a5800; }
wait_for "the definition is accepted" is_clean
shot method-class

# Alt+1 is the tab of methods: there is a template.
definition=$(picture_of 1200x300+20+420)
press alt+1
template_is_shown() { [ "$(picture_of 1200x300+20+420)" != "$definition" ]; }
wait_for "Alt+1 shows the template of a method" template_is_shown

# A method with a mistake: the closing bracket is missing.
click 600 600
press ctrl+a
type_text 'reading ^ (pressure ifNil: [ 1013 )'
wrong=$(picture_of 1200x300+20+420)
press ctrl+s
error_is_shown() { [ "$(picture_of 1200x300+20+420)" != "$wrong" ]; }
wait_for "the mistake is shown in the text" error_is_shown
wait_for "and in the foot, in the colour of errors" foot_has b3261e
shot method-mistake

# Mended and accepted.
press ctrl+a
type_text 'reading ^ pressure ifNil: [ 1013 ]'
press ctrl+s
error_is_gone() { ! foot_has b3261e && ! foot_has 8a5800; }
wait_for "the mended method is accepted" error_is_gone
shot method-accepted

cp "$WORK/world.image" "$WORK/before.image"
press ctrl+shift+s
is_saved() { ! cmp -s "$WORK/world.image" "$WORK/before.image"; }
wait_for "the world is saved by its key" is_saved
close_world

answers() { "$VIV" eval --image "$WORK/world.image" "$1"; }
check_match "the method is in the saved image" 0 "1013" answers "(Smalltalk at: #Barometer) new reading"
check_match "with its text" 0 "reading . pressure ifNil: . 1013 ." answers "(Smalltalk at: #Barometer) sourceCodeAt: #reading"
check_match "in the package that was typed" 0 "Weather" answers "(Smalltalk at: #Barometer) packageName"
