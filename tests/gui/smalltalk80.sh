#!/usr/bin/env bash
# Smalltalk-80 of 1983 in our window: its desktop, what is typed into its workspace and evaluated, a method in its browser, its saving; killed and
# opened again from our 64-bit file, where everything is. By mouse, keys and pictures; what was saved is looked at from outside.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_shared_images
need_display 800x600

cp "$SHARED_IMAGES/st80-v2-big-endian.image" st80.image
chmod u+w st80.image

open_st80() {
    open_image st80.image "$1"
    wait_for "the desktop of $1 is drawn" is_white 130 430
}
is_white() { is_color "$1" "$2" FFFFFF; }
is_black() { is_color "$1" "$2" 000000; }
# Selects the first line of the workspace up to an x.
select_to() { xdotool mousemove 271 38 sleep 0.2 mousedown 1 sleep 0.3 mousemove $(($1 - 9)) 38 sleep 0.2 mousemove "$1" 38 sleep 0.3 mouseup 1 sleep 0.3; }
# The yellow menu, so many pixels from where it opens: first at "accept", later at what was chosen last.
choose() { xdotool mousemove 408 170 sleep 0.3 mousedown 2 sleep 0.6 mousemove 408 $((170 + $1)) sleep 0.4 mouseup 2 sleep 0.3; }
first_line() { picture_of 338x16+262+30; }

open_st80 "the image of 1983"
shot st80-desktop
answered_on_the_line() { [ "$(first_line)" != "$before" ]; }
wait_for "the workspace is in front, with lines that are selected" is_black 560 140
press_at 508 110
wait_for "a click into it takes the selection away" is_white 560 140
press_at 271 38
type_text "3+4 "
settle
select_to 298
wait_for "3+4 is selected" is_black 280 31
before=$(first_line)
choose -13
answered() { [ "$(first_line)" != "$before" ] && is_black 304 31; }
wait_for "3+4 is answered" answered
press_at 271 38
type_text "100 factorial "
settle
select_to 363
wait_for "100 factorial is selected" is_black 280 31
before=$(first_line)
choose 0
wait_for "100 factorial is answered" answered_on_the_line
shot st80-workspace
press_at 271 38
type_text "Smalltalk snapshotPrimitive "
settle
select_to 463
wait_for "what saves is selected" is_black 280 31
choose 0
wait_for "it is saved" is_ours st80.image
settle
grep -aq '93326215443944152681699238856266700490715968264381621468592963895217599993229915608941463976156518286253697920827223758251185210916864000000000000000000000000' st80.image &&
    pass "with all 158 digits of 100 factorial" || fail "with all 158 digits of 100 factorial"
check_match "our file is sound" 0 'sound' "$VIV" check st80.image

close_world
open_st80 "our 64-bit file"
press_at 150 330
wait_for "the browser is in front" is_black 100 140
press_at 130 185
press_at 280 173
press_at 390 173
text() { picture_of 300x60+100+260; }
settle
before=$(text)
press_at 520 173
decompiled() { [ "$(text)" != "$before" ]; }
wait_for "a method is decompiled" decompiled
shot st80-browser
close_world
