#!/usr/bin/env bash
# MiniSqueak 2.2, an image from before Spur that asks for mouse and keys again and again, in our window: its menus, its windows, a workspace, its own
# saving; killed and opened again from our 64-bit file. Then a smaller one, which draws and quits.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_shared_images
need_display 1024x768

cp "$SHARED_IMAGES/v3-mini.image" mini.image
cp "$SHARED_IMAGES/v3-closures-bootstrapped.image" kernel.image
chmod u+w mini.image kernel.image

open_mini() {
    open_image mini.image "$1"
    wait_for "the desktop of $1 is drawn" shows "$2" 300x14+260+2
}

# A menu stays as long as the button is down; its rows are 12 pixels high and begin at the mouse.
hold_menu() { # X Y PICTURE WHAT
    xdotool mousemove "$1" "$2" sleep 0.3 mousedown 1
    wait_for "$4" shows "$3" 60x100+850+495
}
release_at() { # X Y PICTURE WHAT
    xdotool mousemove "$1" "$2"
    wait_for "$4 is under the mouse" shows "$3" 60x100+850+495
    xdotool mouseup 1
}
# The editor looks whether alt is down when it comes to a letter, however long ago that was typed.
type_in() { # TEXT PICTURE
    type_text "$1"
    wait_for "$1 is shown" shows "$2" 260x14+168+24
}

open_mini MiniSqueak mini-browser
shot mini-desktop
press_at 300 410
wait_for "a click brings a window to the front" shows mini-front 300x70+200+78
hold_menu 845 500 mini-menu "a button brings the menu of the desktop"
release_at 888 512 mini-menu-open "what opens"
wait_for "the menu of what can be opened comes" shows mini-open 60x60+900+505
press_at 915 524
wait_for "a workspace opens" shows mini-workspace 590x40+170+2
press_at 500 200
type_in "3+4" mini-3-4
press alt+a
wait_for "what was typed is selected" shows mini-typed 100x30+168+20
press alt+p
wait_for "3+4 is answered" shows mini-answered 100x30+168+20
shot mini-workspace
hold_menu 845 500 mini-menu "the menu comes again"
release_at 888 573 mini-menu-save "saving"
wait_for "it is saved by its own menu" is_ours mini.image
check_match "our file is sound" 0 'sound' "$VIV" check mini.image

close_world
open_mini "our 64-bit file" mini-workspace-again
wait_for "the answer is there" shows mini-again 100x30+168+20
press_at 500 200
press alt+a
type_in "100 factorial printString size" mini-expression
press alt+a
wait_for "it is selected" shows mini-selected 260x30+168+20
press alt+p
wait_for "it goes on: 100 factorial has 158 digits" shows mini-factorial 260x30+168+20
shot mini-again
close_world

"$VIV" open kernel.image </dev/null >>"$WORLD_LOG" 2>&1
status=$?
[ $status -eq 0 ] && pass "a kernel that draws and quits ends with 0" || fail "a kernel that draws and quits ends with 0" "status $status, $(tail "$WORLD_LOG")"
check_match "it has written what it measured" 0 'bytecodes/sec' cat log.txt
