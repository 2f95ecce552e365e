#!/usr/bin/env bash
# Sabotage from outside: the display goes away, fonts are missing, the window is closed while the world hangs.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_display

cat >empty.conf <<'X'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig></fontconfig>
X
printf 'wait 200\nexpect UserInterface default failures isEmpty\neval 3 + 4\n' >script
no_fonts() { FONTCONFIG_FILE=$WORK/empty.conf "$VIV" open --script script "$IMAGE" 2>/dev/null; }
check "without any font the world goes on" "7" no_fonts

open_world
press ctrl+o p
sleep 1
xdotool type --delay 8 "Smalltalk at: #Kept put: 42"
press ctrl+d
sleep 1
kill "$server"
wait "$server" 2>/dev/null
server=
wait "$world"
status=$?
world=
[ $status -eq 1 ] && pass "a world whose display goes away ends with exit code 1" || fail "a world whose display goes away ends with exit code 1" "status $status"
said() { grep -q "^viv: the display is gone; the world as it was is in .*world\.image\.rescued$" "$WORLD_LOG"; }
wait_for "it says where the world is" said
check "and the world is there" "42" "$VIV" eval --image "$WORK/world.image.rescued" "Smalltalk at: #Kept"
check_match "the file that was opened is as it was" 0 "" cmp "$IMAGE" "$WORK/world.image"
