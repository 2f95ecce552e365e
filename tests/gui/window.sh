#!/usr/bin/env bash
# The window of a world on an X server: it is drawn, moved, resized, repainted by the main thread while the world is busy, saved,
# killed and opened again.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_display 1400x900

open_world
shot window

click 700 500
menu_is_open() { [ "$(color_at 708 520)" = FBFAF8 ] || [ "$(color_at 708 520)" = CFE4DC ]; }
wait_for "a click on the ground opens the menu of the world" menu_is_open
shot window-menu
press Escape
menu_is_closed() { ! menu_is_open; }
wait_for "Esc closes it" menu_is_closed

size_is() { [ "$(xdotool getwindowgeometry --shell "$(window_id)" | grep -c -E "^(WIDTH=$1|HEIGHT=$2)$")" = 2 ]; }
xdotool windowsize "$(window_id)" 1000 600
wait_for "the window takes another size" size_is 1000 600
bottom_is_drawn() { [ "$(color_at 900 590)" = F1EFEA ]; }
wait_for "the world fits itself to it" bottom_is_drawn
shot window-small

# Another window over ours and away again: what was covered is shown anew.
before=$(picture_of 300x300+100+100)
xdotool windowmove "$(window_id)" 200 100
moved() { [ "$(picture_of 300x300+300+200)" = "$before" ]; }
wait_for "it is repainted where it is moved to" moved
xdotool windowmove "$(window_id)" 0 0

close_world
check_match "the image that the window was opened on is whole after the kill" 0 "" "$VIV" check "$WORK/world.image"

DISPLAY=:987654 check_match "a display that is not there is one sentence and exit code 1" 1 "^viv: .*no window can be opened" \
    "$VIV" open "$WORK/world.image"
no_display() { env -u DISPLAY "$VIV" open "$WORK/world.image"; }
check_match "no display at all, too, and the terminal is offered" 1 "try viv repl" no_display
