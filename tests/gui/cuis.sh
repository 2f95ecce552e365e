#!/usr/bin/env bash
# Cuis 5.0, a 32-bit image made by others, in our window: its menus, a workspace, a class and its method, the browser, its own saving, its cursor,
# wheel and clipboard; killed and opened again from our 64-bit file, where everything is; and at twice the size. By mouse, keys and pictures; what
# it answers is read from the clipboard, and what was saved is looked at from outside.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_shared_images
need_display 1024x768

# The desktop's ground is a picture: what it shows at a place is what it showed there at first.
GROUND=$WORK/ground.png
GROUND_AT='900 600'
cp "$SHARED_IMAGES/spur32-cuis50.image" cuis.image
chmod u+w cuis.image

open_cuis() { # WHAT [OPTION...]
    open_image cuis.image "$@"
    wait_for "the desktop of $1 is drawn" is_drawn_at $GROUND_AT
}
is_drawn_at() { ! is_color "$1" "$2" 000000; }
ground_at() { convert "$GROUND" -crop "1x1+$1+$2" -depth 8 rgb:- | od -An -tx1 | tr -d ' \n' | tr a-f A-F; }
shows_ground() { is_color "$1" "$2" "$(ground_at "$1" "$2")"; }
covers() { ! shows_ground "$1" "$2"; }

# What is selected goes to the clipboard, which is read from outside.
need_clipboard() { command -v xclip >/dev/null; }
give_clipboard() { printf "$1" | xclip -selection clipboard -in >/dev/null 2>&1; }
clipboard() { timeout 5 xclip -selection clipboard -out 2>/dev/null; }
# Prints the answer of what is in the workspace, which selects it, and copies that. The clipboard holds something else before.
copied_is() {
    [ "$(clipboard)" = "$1" ] && return
    press alt+c
    [ "$(clipboard)" = "$1" ]
}
answers() { # NAME ANSWER
    if ! need_clipboard; then
        echo "ok - $1 # SKIP no xclip"
        return
    fi
    give_clipboard 'nothing yet'
    press alt+p
    wait_for "$1" copied_is "$2"
}
# A picture of the desktop without its clock.
looks() { # NAME WHAT
    shot "$1"
    convert "$PICTURES/$1.png" -crop 1024x728+0+0 +repage "$WORK/part.png"
    compare_picture "$1" "$WORK/part.png" "$2"
}
cursor() { python3 "$ROOT/tests/gui/cursor.py"; }
cursor_is() { # A regular expression
    cursor | grep -qE "^$1\$"
}

# Opens the menu of the world; its rows are some 19 pixels high.
open_menu() {
    press_at 172 584
    wait_for "the menu of the world opens $1" covers 220 560
}

open_cuis "the 32-bit image"
settle
import -window root "$GROUND"
looks cuis-desktop "the desktop"
bar=$(color_at 900 750)
xdotool mousemove 600 600
wait_for "the cursor is the image's arrow, 16 pixels wide, black and white" cursor_is '16x16\+[01]\+[01] [1-9][0-9]+ [1-9][0-9]+'
arrow=$(cursor | sed 's/+/\\+/g')
open_menu "for a workspace"
press_at 217 519
wait_for "and what can be opened" covers 360 640
press_at 272 565
# Where its text is, a window had another colour.
shows_workspace() { is_color 780 420 FAFAF1; }
wait_for "a workspace opens" shows_workspace
type_text "3+4"
press alt+a
answers "3+4 is answered" ' 7 '
settle
looks cuis-workspace "the workspace"
# An edge is four pixels wide.
xdotool mousemove 808 200
wait_for "at a window's edge the cursor is another one, which points with its middle" cursor_is '16x16\+8\+8 [1-9][0-9]+ [1-9][0-9]+'
xdotool mousemove 400 200
wait_for "inside it is the arrow again" cursor_is "$arrow"
if need_clipboard; then
    press alt+a
    give_clipboard '"h\303\244\n\n" 6*7'
    press alt+v
    press alt+a
    answers "text beyond ASCII, of several lines, is pasted and answered" ' 42 '
    press alt+a
    wait_for "and copied with its lines" copied_is "$(printf '"h\303\244\n\n" 6*7 42 ')"
fi
xdotool mousemove 272 565
press alt+a
type_text "Object subclass: #Viv instanceVariableNames: '' classVariableNames: '' poolDictionaries: '' category: 'Viv'. (Smalltalk at: #Viv) compile: 'answer ^42'. (Smalltalk at: #Viv) new answer"
settle
press alt+a
press alt+p
wait_for "a selector that is unknown is asked for" covers 400 700
press_at 319 538
# The field for the initials: the menu before covers none of it.
wait_for "who the author is, too" is_color 220 560 FFFFFF
settle
blank=$(picture_of 240x60+200+500)
typed() { [ "$(picture_of 240x60+200+500)" != "$blank" ]; }
type_text vv
wait_for "the initials are typed" typed
# A button is pressed until the dialog is gone.
accepted() { shows_ground "$3" "$4" || { press_at "$1" "$2" && shows_ground "$3" "$4"; }; }
wait_for "and accepted" accepted 249 587 430 600
wait_for "so is the name" covers 300 640
wait_for "the class is made" accepted 179 637 250 600
settle
xdotool mousemove 400 300
need_clipboard && wait_for "and its method answers" copied_is ' 42 '
shot cuis-class
open_menu "to save"
press_at 212 677
wait_for "it is saved by its own menu" is_ours cuis.image
settle
check_match "the class is in our file" 0 'answer' "$VIV" source cuis.image Viv
check_match "which is sound" 0 'sound' "$VIV" check cuis.image
grep -a -q "'answer ^42'. (Smalltalk at: #Viv) new answer 42" cuis.image && pass "with what was answered" || fail "with what was answered"

close_world
open_cuis "our 64-bit file"
wait_for "the workspace is there" shows_workspace
shot cuis-again
open_menu "for a browser"
press_at 217 519
wait_for "and what can be opened again" covers 360 640
press_at 272 584
wait_for "a browser opens" covers 900 500
settle
looks cuis-browser "the browser"
scrolled() { [ "$(picture_of 110x110+358+165)" != "$above" ]; }
# The line under the mouse looks different by itself.
xdotool mousemove 400 220 sleep 0.3
settle
above=$(picture_of 110x110+358+165)
turned() { xdotool click 5; scrolled; }
wait_for "the wheel scrolls its list" turned
close_world

GROUND_AT='100 200'
open_cuis "twice its size" --scale 2
# Whether a part, of many colours, is the same when it is made anew from every second pixel of every second line. Arguments go to convert.
part_of_scaled() { convert "$PICTURES/cuis-scaled.png" -crop 400x100+300+0 +repage "$@" -depth 8 rgb:- | cksum; }
is_of_squares() { [ "$(part_of_scaled)" = "$(part_of_scaled -sample 50% -sample 200%)" ] && [ "$(part_of_scaled)" != "$(part_of_scaled -sample 25% -sample 400%)" ]; }
settle
shot cuis-scaled
is_of_squares && pass "a pixel of the image is a square of four" || fail "a pixel of the image is a square of four"
xdotool mousemove 100 200
wait_for "so is one of the cursor" cursor_is '32x32\+[02]\+[02] [1-9][0-9]+ [1-9][0-9]+'
begins_at() { is_color 4 "$1" "$bar"; }
xdotool windowsize "$(image_window)" 900 640
wait_for "a smaller window has a smaller desktop, with the bar at its end" begins_at 570
xdotool windowsize "$(image_window)" 1024 768
is_no_bar() { ! begins_at 570; }
wait_for "a larger one a larger" is_no_bar
wait_for "with the bar at its end, too" begins_at 698
close_world
