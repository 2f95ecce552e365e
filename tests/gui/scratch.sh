#!/usr/bin/env bash
# Scratch 1.4, an application of 2009 in an image from before Spur, in our window: a script is put together by dragging blocks, the green flag runs it,
# the sprite is dragged, the project is saved by its menu and opened after a start anew. By mouse, keys and pictures. The image is Debian's.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_package scratch
need_display 1024x768

cp -r scratch/usr/share/scratch data
chmod -R u+w data
export HOME=$WORK/home
mkdir -p "$HOME"
cd data || exit 1
PROJECT="$HOME/Scratch Projects/walk.sb"

# What is looked at: the line with the sprite's position, what was put together, the sprite itself.
shows_position() { shows "scratch-position-$1" 160x14+312+82; }
shows_script() { shows scratch-script 290x80+225+160; }
# The rows of the menu File are some 15 pixels high.
choose_in_file_menu() { # Y WHAT
    press_at 223 18
    wait_for "the menu for files opens $2" shows scratch-menu 60x100+240+32
    press_at 242 "$1"
}
has_ended() { ! is_running; }

open_scratch() {
    open_image Scratch.image "$1"
    wait_for "$1 shows the sprite in the middle" shows_position 0
}

open_scratch Scratch
shot scratch-started
press_at 150 60
wait_for "the blocks of control are shown" shows scratch-control 190x100+10+160
drag 25 169 260 184
wait_for "a hat is among the scripts" shows scratch-hat 290x80+225+160
press_at 55 60
wait_for "the blocks of motion are shown" shows scratch-motion 190x100+10+160
drag 20 177 255 222
wait_for "a step hangs below it" shows_script
press_at 964 53
wait_for "the green flag moves the sprite by ten steps" shows_position 10
drag 775 215 700 300
wait_for "the sprite is dragged" shows_position dragged
shot scratch-dragged

choose_in_file_menu 85 "for saving as"
wait_for "the dialog for a name opens" shows scratch-save 500x20+250+185
type_text walk
wait_for "the name is shown" shows scratch-name 200x20+350+543
press_at 737 555
saved() { [ -s "$PROJECT" ]; }
wait_for "the project is saved" saved
[ "$(head -c 10 "$PROJECT")" = ScratchV02 ] && pass "as Scratch does" || fail "as Scratch does" "$(head -c 10 "$PROJECT" | od -c)"
wait_for "the dialog is closed" shows_script
choose_in_file_menu 151 "for the end"
wait_for "Scratch ends by its menu" has_ended
wait "$world" && pass "with status 0" || fail "with status 0" "$(tail "$WORLD_LOG")"

open_scratch "Scratch, anew,"
choose_in_file_menu 54 "for opening"
wait_for "the dialog with the project opens" shows scratch-open 330x20+280+280
press_at 737 550
wait_for "the script is there again" shows_script
wait_for "and the sprite where it was" shows_position dragged
press_at 964 53
wait_for "the green flag moves it from there" shows_position further
shot scratch-opened
close_world
