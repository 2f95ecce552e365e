# Functions for tests of the window on a real display; sourced after ../cli/lib.sh:
#
# need_display                          starts an X server without a screen, or ends the script saying that there is none
# open_world [ARGUMENT...]              starts viv open on a copy of the pristine image in $WORK/world.image, and waits for its window;
#                                       without one the script ends
# open_empty_world                      the same, and closes the Welcome page
# open_image FILE WHAT [OPTION...]      starts viv open on an image made by others, and waits for its window; its log then says which primitives are missing
# close_world                           kills it, as pulling the cable would
# press CHORD... / type_text TEXT       keys as xdotool names them
# click X Y [BUTTON] / double_click X Y
# press_at X Y [BUTTON]                 as a person does: the button stays down for a moment, which those images see that look now and then
# drag X Y TO_X TO_Y                    in steps
# shot NAME                             keeps a picture of the screen as $PICTURES/NAME.png
# wait_for NAME COMMAND...              until the command is true; only what fails takes the time of 800 tries, and what fails after that of 40
# same_picture NAME                     the screen below the bar on top looks as tests/gui/pictures/NAME.png does; with WRITE_PICTURES=yes that is made anew
# shows NAME WIDTHxHEIGHT+X+Y           whether that part of the screen looks exactly as that picture, which WRITE_PICTURES=yes makes anew
# color_at X Y                          what the screen shows there, as RRGGBB
# is_color X Y RRGGBB                   whether it shows that
# is_ours FILE                          whether an image is of our own format, as those of others become when they are saved
#
# SCALE (1) is how many pixels a logical pixel has; the screen, the window and the parts of pictures named here are as many times larger.
#
# Only the window system is used: nothing here looks into the world but by its files and pictures.
PICTURES=${PICTURES:-$ROOT/build/pictures}
WORLD_LOG=$WORK/world.log
SCALE=${SCALE:-1}
server=
world=
mkdir -p "$PICTURES"

end_display() {
    [ -z "$world" ] || kill -9 "$world" 2>/dev/null
    [ -z "$server" ] || kill "$server" 2>/dev/null
    wait 2>/dev/null
}

# Numbers in a text, in pixels.
scaled() { # WIDTHxHEIGHT+X+Y or a part of it
    printf '%s' "$1" | perl -pe "s/(\\d+)/int(\$1 * $SCALE)/ge"
}

need_display() { # [WIDTHxHEIGHT]
    local tool
    for tool in Xvfb xdotool import; do
        if ! command -v $tool >/dev/null; then
            echo "skipped: no $tool"
            exit 0
        fi
    done
    # Without -noreset the server starts anew when its last client goes, and refuses whoever comes meanwhile.
    Xvfb -noreset -displayfd 3 -screen 0 "$(scaled "${1:-1280x800}")x24" -nolisten tcp 3>"$WORK/display" >/dev/null 2>&1 &
    server=$!
    trap 'status=$?; end_display; rm -rf "$WORK"; [ $failures -eq 0 ] || exit 1; exit $status' EXIT
    local i
    for i in $(seq 200); do
        [ ! -s "$WORK/display" ] || break
        sleep 0.05
    done
    export DISPLAY=:$(cat "$WORK/display")
    unset WAYLAND_DISPLAY
    export SDL_VIDEODRIVER=x11 XDG_DATA_HOME=$WORK/.data XDG_CONFIG_HOME=$WORK/.config GDK_SCALE=
}

window_id() {
    xdotool search --onlyvisible --name '^Vivarium' 2>/dev/null | head -n 1
}

has_window() {
    [ -n "$(window_id)" ]
}

open_world() {
    [ -f "$WORK/world.image" ] || cp "$IMAGE" "$WORK/world.image"
    "$VIV" open --size 1280x800 --scale "$SCALE" "$@" "$WORK/world.image" </dev/null >>"$WORLD_LOG" 2>&1 &
    world=$!
    wait_for "the window opens" has_window || exit 1
    xdotool windowmove "$(window_id)" 0 0 windowfocus "$(window_id)"
    wait_for "the window is drawn" is_drawn
}

open_empty_world() {
    open_world
    settle
    press ctrl+w
    settle
}

open_image() { # FILE WHAT [OPTION...]
    local what=$2
    image_file=$1
    shift 2
    "$VIV" --report-missing open "$image_file" "$@" </dev/null >>"$WORLD_LOG" 2>&1 &
    world=$!
    wait_for "the window of $what opens" has_image_window || return 1
    xdotool windowmove "$(image_window)" 0 0 windowfocus "$(image_window)"
}

image_window() {
    xdotool search --onlyvisible --name "^$image_file\$" 2>/dev/null | head -n 1
}

has_image_window() {
    [ -n "$(image_window)" ]
}

# The bar on top is not black.
is_drawn() {
    is_color $(scaled "600 16") F1EFEA
}

is_ours() {
    "$VIV" info "$1" 2>/dev/null | grep -q vivarium
}

close_world() {
    kill -9 "$world" 2>/dev/null
    wait "$world" 2>/dev/null
    world=
}

is_running() {
    kill -0 "$world" 2>/dev/null
}

press() {
    xdotool key --clearmodifiers --delay 30 "$@"
}

type_text() {
    xdotool type --delay 8 -- "$1"
}

click() {
    xdotool mousemove "$1" "$2" click "${3:-1}"
}

double_click() {
    xdotool mousemove "$1" "$2" click --repeat 2 --delay 60 1
}

press_at() {
    xdotool mousemove "$1" "$2" sleep 0.3 mousedown "${3:-1}" sleep 0.3 mouseup "${3:-1}" sleep 0.3
}

drag() { # X Y TO_X TO_Y
    local i
    xdotool mousemove "$1" "$2" sleep 0.3 mousedown 1 sleep 0.3
    for i in 1 2 3 4 5 6 7 8; do
        xdotool mousemove $(($1 + ($3 - $1) * i / 8)) $(($2 + ($4 - $2) * i / 8)) sleep 0.05
    done
    xdotool sleep 0.3 mouseup 1 sleep 0.3
}

shot() {
    import -window root "$PICTURES/$1.png"
}

color_at() {
    import -window root -crop "1x1+$1+$2" -depth 8 rgb:- 2>/dev/null | od -An -tx1 | tr -d ' \n' | tr a-f A-F
}

is_color() {
    [ "$(color_at "$1" "$2")" = "$3" ]
}

# A number that differs when what is shown in a rectangle does.
picture_of() { # WIDTHxHEIGHT+X+Y
    import -window root -crop "$(scaled "$1")" -depth 8 rgb:- 2>/dev/null | cksum
}

# Waits until nothing in the picture changes for a while.
settle() {
    local before=none now
    local i
    for i in $(seq 60); do
        now=$(picture_of 1280x760+0+32)
        [ "$now" != "$before" ] || return 0
        before=$now
        sleep 0.1
    done
}

# How many of a thousand pixels of two pictures differ visibly; all when the sizes do.
difference() { # ONE OTHER
    local total count
    total=$(identify -format '%w %h' "$1" | awk '{ print $1 * $2 }')
    [ "$(identify -format '%wx%h' "$1")" = "$(identify -format '%wx%h' "$2")" ] || { echo 1000; return; }
    count=$(compare -metric AE -fuzz 12% "$1" "$2" null: 2>&1 | awk '{ printf "%d", $1 }')
    awk -v c="$count" -v t="$total" 'BEGIN { printf "%d", c * 1000 / t }'
}

# Compares a picture with the stored one of that name, or stores it. Some pixels in a hundred may differ: fonts are not drawn alike
# everywhere, and times are told.
compare_picture() { # NAME PICTURE WHAT
    local stored=$ROOT/tests/gui/pictures/$1.png off
    if [ "${WRITE_PICTURES:-}" = yes ]; then
        convert "$2" +dither -colors 255 "PNG8:$stored"
        return
    fi
    off=$(difference "$2" "$stored")
    [ "$off" -le 20 ] && pass "$3 looks as it did" || fail "$3 looks as it did" "$off of 1000 pixels differ: $2"
}

same_picture() { # NAME
    shot "$1-$SCALE"
    convert "$PICTURES/$1-$SCALE.png" -crop "$(scaled 1280x730+0+33)" +repage "$WORK/part.png"
    compare_picture "$1-$SCALE" "$WORK/part.png" "$1 at $SCALE"
}

shows() { # NAME WIDTHxHEIGHT+X+Y
    local stored=$ROOT/tests/gui/pictures/$1.png
    [ "${WRITE_PICTURES:-}" != yes ] || settle
    import -window root -crop "$2" +repage "$WORK/part.png"
    [ "${WRITE_PICTURES:-}" != yes ] || convert "$WORK/part.png" "PNG8:$stored"
    [ "$(compare -metric AE -fuzz 12% "$WORK/part.png" "$stored" null: 2>&1)" = 0 ]
}

wait_for() {
    local name=$1 i tries=800
    shift
    [ $failures -eq 0 ] || tries=40
    for i in $(seq $tries); do
        if "$@"; then
            pass "$name"
            return 0
        fi
        sleep 0.05
    done
    shot "failed-$(basename "$0" .sh)"
    fail "$name" "$(tail -n 20 "$WORLD_LOG" 2>/dev/null)"
    return 1
}
