#!/usr/bin/env bash
# The window of the virtual machine looks again every second, while it is open and after the world was saved with it, collects garbage
# and copies what it shows.
# VM-01 G-09
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
if ! command -v xclip >/dev/null; then
    echo "skipped: no xclip"
    exit 0
fi
need_display 1400x900

clipboard() { timeout 5 xclip -selection clipboard -out 2>/dev/null; }
# What the window says of one statistic, copied anew.
copied() { # NAME
    press c
    clipboard | awk -v name="$1" '$1 == name { $1 = ""; print }'
}
is_copied() { [ -n "$(copied allocated)" ]; }
differs() { # NAME BEFORE
    [ "$(copied "$1")" != "$2" ]
}
# Its rows and curves, which are drawn again when something changed.
looks_otherwise() { # BEFORE
    [ "$(picture_of 700x540+20+100)" != "$1" ]
}

open_empty_world
press ctrl+o m
wait_for "Ctrl+O and M open the window; C copies its statistics" is_copied
clipboard >"$WORK/statistics"
check_match "they stand below headings, explained" 0 "^  heap .* MB .*garbage included" grep "  heap " "$WORK/statistics"
shot machine
wait_for "it looks again by itself" looks_otherwise "$(picture_of 700x540+20+100)"
before=$(copied full-collections)
press g
wait_for "G collects garbage" differs full-collections "$before"

press ctrl+shift+s
is_saved() { "$VIV" eval "$WORK/world.image" '(World windows collect: [ :each | each title ]) asArray' 2>/dev/null | grep -q "Virtual machine"; }
wait_for "the world is saved with the window" is_saved
close_world
open_world
wait_for "opened again it goes on looking" looks_otherwise "$(picture_of 700x540+20+100)"
shot machine-again
close_world
