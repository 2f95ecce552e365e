#!/usr/bin/env bash
# What the world looks like at 100, 150 and 200 per cent, compared with pictures that were looked at: tests/gui/pictures/NAME-SCALE.png.
# With WRITE_PICTURES=yes they are made anew. The bar on top is left out, for it tells times and sizes.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
pictures=$PICTURES
export XDG_DATA_HOME=$WORK/data XDG_CONFIG_HOME=$WORK/config

if [ ! -f "$(dirname "$VIV")/viv-gui.so" ] || ! command -v compare >/dev/null; then
    echo "skipped: no viv-gui.so or no imagemagick"
    exit 0
fi

# Writes the script that shows a scene and takes its picture.
scene() { # NAME
    case $1 in
    welcome) echo "wait 300" ;;
    menu)
        echo "command world.closeWindow"
        echo "click 500 300"
        ;;
    browser)
        echo "command world.closeWindow"
        echo "eval (ToolRegistry default toolNamed: #browser) browseClass: Integer selector: #factorial. nil"
        echo "eval World activeWindow bounds: (8 @ 8 extent: 780 @ 520)"
        ;;
    inspector)
        echo "command world.closeWindow"
        echo "eval (1 to: 40) asArray inspect. nil"
        echo "eval World activeWindow bounds: (8 @ 8 extent: 620 @ 420)"
        ;;
    playground)
        echo "command world.closeWindow"
        echo "key Ctrl+O then P"
        echo "eval World activeWindow bounds: (8 @ 8 extent: 760 @ 420). nil"
        echo "type points := (1 to: 40) collect: [ :x | x @ (x / 6) sin ]."
        echo "key Ctrl+A"
        echo "key Ctrl+D"
        echo "wait 500"
        echo "key End"
        echo "type \\npoints"
        echo "key Ctrl+Enter"
        echo "wait 700"
        ;;
    debugger)
        echo "command world.closeWindow"
        echo "eval [ #(3 4) inject: 0 into: [ :a :b | a + b / 0 ] ] fork. nil"
        echo "wait 700"
        echo "key Ctrl+D"
        echo "wait 700"
        echo "eval World activeWindow bounds: (8 @ 8 extent: 780 @ 500). nil"
        ;;
    dark)
        echo "eval World theme: Theme dark. nil"
        echo "wait 300"
        ;;
    esac
    echo "move 790 590"
    echo "wait 300"
    echo "expect UserInterface default failures isEmpty"
}

take() { # NAME SCALE
    local name=$1 scale=$2 bar
    bar=$(awk -v s="$scale" 'BEGIN { printf "%d", 33 * s }')
    scene "$name" >"$WORK/script"
    "$VIV" open --script "$WORK/script" --screenshot "$WORK/shot.png" --size 800x600 --scale "$scale" "$IMAGE" >/dev/null 2>"$WORK/errors" ||
        return 1
    convert "$WORK/shot.png" -crop "x+0+$bar" +repage "$pictures/$name-$scale.png"
}

for name in welcome menu browser playground inspector debugger dark; do
    for scale in 1 1.5 2; do
        if ! take "$name" "$scale"; then
            fail "$name at $scale can be shown" "$(cat "$WORK/errors")"
        else
            compare_picture "$name-$scale" "$pictures/$name-$scale.png" "$name at $scale"
        fi
    done
done
