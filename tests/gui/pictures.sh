#!/usr/bin/env bash
# What the world looks like at 100, 150 and 200 per cent, compared with pictures that were looked at: tests/gui/pictures/NAME-SCALE.png.
# With --write they are made anew. The bar on top is left out, for it tells times and sizes. Some pixels in a hundred may differ: fonts
# are not drawn alike everywhere.
. "$(dirname "$0")/../cli/lib.sh"
stored=$ROOT/tests/gui/pictures
pictures=${PICTURES:-$ROOT/build/pictures}
mkdir -p "$pictures" "$stored"
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

# How many of a thousand pixels differ visibly; all when the sizes do.
difference() { # ONE OTHER
    local total count
    total=$(identify -format '%w %h' "$1" | awk '{ print $1 * $2 }')
    [ "$(identify -format '%wx%h' "$1")" = "$(identify -format '%wx%h' "$2")" ] || { echo 1000; return; }
    count=$(compare -metric AE -fuzz 12% "$1" "$2" null: 2>&1 | awk '{ printf "%d", $1 }')
    awk -v c="$count" -v t="$total" 'BEGIN { printf "%d", c * 1000 / t }'
}

for name in welcome menu browser playground inspector debugger dark; do
    for scale in 1 1.5 2; do
        if ! take "$name" "$scale"; then
            fail "$name at $scale can be shown" "$(cat "$WORK/errors")"
        elif [ "${1:-}" = --write ]; then
            convert "$pictures/$name-$scale.png" -colors 128 "PNG8:$stored/$name-$scale.png"
        else
            off=$(difference "$pictures/$name-$scale.png" "$stored/$name-$scale.png")
            [ "$off" -le 20 ] && pass "$name at $scale looks as it did" ||
                fail "$name at $scale looks as it did" "$off of 1000 pixels differ: $pictures/$name-$scale.png"
        fi
    done
done
