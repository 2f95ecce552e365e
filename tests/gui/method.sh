#!/usr/bin/env bash
# A method is written on an X server as a person writes it: the browser is opened by its key, a class is made by typing its
# definition, a method with a mistake is refused and shows the mistake, is mended, accepted, and is in the image after saving.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_display 1300x850

open_world

# Nothing but the code pane of a browser has so much of the ground of panes at this place; the desktop is darker.
press ctrl+b
pane_is_open() { [ "$(color_at 600 520)" = FFFFFF ]; }
wait_for "Ctrl+B opens a browser" pane_is_open
shot method-browser

# Whether the foot of the browser has a colour: those of warnings and errors stand for what it says.
foot_has() { import -window root -crop 500x20+20+585 -depth 8 rgb:- 2>/dev/null | od -An -tx1 -v | tr -d ' \n' | grep -q "$1"; }

# The template of a class stands in the pane; what is typed over it is the definition of a class in a package of its own.
click 600 520
press ctrl+a
type_text "Object subclass: #Barometer instanceVariableNames: 'pressure' classVariableNames: '' package: 'Weather'"
wait_for "the foot says that the text is edited" foot_has 8a5800
press ctrl+s
is_clean() { ! foot_has 8a5800; }
wait_for "the definition is accepted" is_clean
shot method-class

# Alt+1 is the tab of methods: there is a template.
definition=$(picture_of 800x200+20+345)
press alt+1
template_is_shown() { [ "$(picture_of 800x200+20+345)" != "$definition" ]; }
wait_for "Alt+1 shows the template of a method" template_is_shown

# A method with a mistake: the closing bracket is missing.
click 600 520
press ctrl+a
type_text 'reading ^ (pressure ifNil: [ 1013 )'
wrong=$(picture_of 800x200+20+345)
press ctrl+s
error_is_shown() { [ "$(picture_of 800x200+20+345)" != "$wrong" ]; }
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
