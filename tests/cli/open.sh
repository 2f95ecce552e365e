#!/usr/bin/env bash
# viv open with a script: a world without a display, typed at and clicked.
. "$(dirname "$0")/../cli/lib.sh"
export XDG_DATA_HOME=$WORK/data XDG_CONFIG_HOME=$WORK/config

if [ ! -f "$(dirname "$VIV")/viv-gui.so" ]; then
    echo "skipped: no viv-gui.so"
    exit 0
fi

cat >script <<'S'
wait
eval World extent
click 600 500
expect World submorphs anySatisfy: [ :each | each isPopUp ]
key Esc
expect World submorphs noneSatisfy: [ :each | each isPopUp ]
eval (WindowMorph new title: 'Kept'; openInWorld) title
command world.saveImage
screenshot shot.png
S
cp "$IMAGE" world.image
check "a script clicks, types, looks and saves" "(800@600)
'Kept'" "$VIV" open --script script --screenshot last.png --size 800x600 world.image
is_png() { head -c 8 "$1" | od -An -c | grep -q 'P   N   G'; }
check "its pictures are PNG" "" is_png shot.png
check "so is the last frame" "" is_png last.png
check_match "what was saved is sound" 0 "" "$VIV" check world.image

cat >again <<'S'
eval World activeWindow title
S
check "the next time the window is there" "'Kept'" "$VIV" open --script again world.image
check "a world that is not shown runs all the same" "7" "$VIV" eval world.image '3 + 4'

echo 'click nowhere at all' >wrong
check_match "a line that cannot be done is told with its number" 1 '^line 1: nothing is called nowhere at all' \
    "$VIV" open --script wrong world.image
echo 'frobnicate' >wrong
check_match "so is a word that means nothing" 1 '^line 1: no such word: frobnicate' "$VIV" open --script wrong world.image
check_match "a script that is not there" 2 'nofile cannot be read' "$VIV" open --script nofile world.image
check_match "a size that is none" 2 'option --size wants WIDTHxHEIGHT' "$VIV" open --script again --size huge world.image
: >empty
check "an empty script does nothing" "" "$VIV" open --script empty world.image
