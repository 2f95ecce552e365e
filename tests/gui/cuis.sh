#!/usr/bin/env bash
# Cuis 5.0, a 32-bit image made by others, in our window: its menus, a workspace, a class and its method, the browser, its own saving; killed and
# opened again from our 64-bit file, where everything is. By mouse, keys and pictures; what was saved is looked at from outside.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_shared_images
need_display 1024x768

# What the image's world looks like.
GROUND=B3B8D4
cp "$SHARED_IMAGES/spur32-cuis50.image" cuis.image
chmod u+w cuis.image

open_cuis() {
    "$VIV" --report-missing open cuis.image </dev/null >>"$WORLD_LOG" 2>&1 &
    world=$!
    wait_for "the window of $1 opens" has_cuis_window || return 1
    xdotool windowmove "$(cuis_window)" 0 0 windowfocus "$(cuis_window)"
    wait_for "the desktop of $1 is drawn" shows_ground 900 600
}
cuis_window() { xdotool search --onlyvisible --name '^cuis.image$' 2>/dev/null | head -n 1; }
has_cuis_window() { [ -n "$(cuis_window)" ]; }
shows_ground() { [ "$(color_at "$1" "$2")" = "$GROUND" ]; }
covers() { ! shows_ground "$1" "$2"; }
# Buttons and keys are asked for, now and then: a person is not quicker.
point_and_click() { xdotool mousemove "$1" "$2" sleep 0.3 click 1 sleep 0.3; }

# Opens the menu of the world; its rows are some 19 pixels high.
open_menu() {
    point_and_click 172 584
    wait_for "the menu of the world opens $1" covers 220 560
}

open_cuis "the 32-bit image"
shot cuis-desktop
open_menu "for a workspace"
point_and_click 217 519
wait_for "and what can be opened" covers 360 640
point_and_click 272 565
wait_for "a workspace opens" covers 780 420
type_text "3+4"
press alt+a
before=$(picture_of 640x40+160+24)
press alt+p
answered() { [ "$(picture_of 640x40+160+24)" != "$before" ]; }
wait_for "3+4 is answered" answered
shot cuis-workspace
press alt+a
type_text "Object subclass: #Viv instanceVariableNames: '' classVariableNames: '' poolDictionaries: '' category: 'Viv'. (Smalltalk at: #Viv) compile: 'answer ^42'. (Smalltalk at: #Viv) new answer"
settle
press alt+a
press alt+p
wait_for "a selector that is unknown is asked for" covers 400 700
point_and_click 319 538
wait_for "who the author is, too" covers 300 600
type_text vv
point_and_click 249 587
settle
point_and_click 179 637
wait_for "the class is made" shows_ground 250 600
settle
shot cuis-class
open_menu "to save"
point_and_click 212 677
saved() { "$VIV" info cuis.image 2>/dev/null | grep -q 'vivarium'; }
wait_for "it is saved by its own menu" saved
settle
check_match "the class is in our file" 0 'answer' "$VIV" source cuis.image Viv
check_match "which is sound" 0 'sound' "$VIV" check cuis.image
grep -a -q '3+4 7' cuis.image || grep -a -q 'new answer 42' cuis.image && pass "with what was answered" || fail "with what was answered"

close_world
open_cuis "our 64-bit file"
wait_for "the workspace is there" covers 780 420
shot cuis-again
open_menu "for a browser"
point_and_click 217 519
wait_for "and what can be opened again" covers 360 640
point_and_click 272 584
wait_for "a browser opens" covers 900 500
settle
shot cuis-browser
close_world
