# Functions for shell tests; sourced first by every tests/*/*.sh as: . "$(dirname "$0")/../cli/lib.sh"
#
# check NAME WANTED COMMAND...          standard output is exactly WANTED and the status is 0
# check_status NAME STATUS COMMAND...   the exit status is STATUS
# check_match NAME STATUS REGEX COMMAND... status, and some line of output or error output matches the extended regex
# pass NAME / fail NAME [REASON]        for what these three cannot say
# check_every_method NAME EXPRESSION      for each method of the image the Smalltalk expression answers no fault
# need_shared_images                    ends the script, saying so, where ../shared/images is missing
# need_package NAME                     unpacks Debian's package into $WORK/NAME, or ends the script, saying so, where it cannot be had
#
# Every test prints one TAP line. $VIV is the program, $IMAGE the pristine image, $WORK a fresh folder of the script's own, which
# is also the working directory. Standard input is empty; use `sh -c` or a function to give some.
set -u
ROOT=${ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
PRESET=${PRESET:-release}
VIV=${VIV:-$ROOT/build/$PRESET/viv}
IMAGE=${IMAGE:-$ROOT/build/vivarium.image}
SHARED_IMAGES=${SHARED_IMAGES:-$ROOT/../shared/images}
SCRATCH=${SCRATCH:-$ROOT/build/scratch}
WORK=$SCRATCH/$(basename "$0" .sh).$$
export XDG_STATE_HOME=$WORK/.state # nothing outside the checkout is written
mkdir -p "$WORK"
cd "$WORK" || exit 1
failures=0
trap 'status=$?; rm -rf "$WORK"; [ $failures -eq 0 ] || exit 1; exit $status' EXIT

pass() {
    echo "ok - $1"
}

fail() {
    failures=$((failures + 1))
    echo "not ok - $1"
    [ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/# /'
}

# Runs a command with its outputs in $output and $errors and its status in $status.
capture() {
    "$@" </dev/null >"$WORK/.output" 2>"$WORK/.errors"
    status=$?
    output=$(cat "$WORK/.output"; printf x)
    output=${output%x}
    errors=$(cat "$WORK/.errors")
}

describe() {
    printf 'status %s\noutput: %s\nerrors: %s\n' "$status" "$output" "$errors"
}

check() {
    local name=$1 wanted=$2
    shift 2
    capture "$@"
    if [ "$status" -eq 0 ] && { [ "$output" = "$wanted" ] || [ "$output" = "$wanted
" ]; }; then
        pass "$name"
    else
        fail "$name" "wanted: $wanted
$(describe)"
    fi
}

check_status() {
    local name=$1 wanted=$2
    shift 2
    capture "$@"
    if [ "$status" -eq "$wanted" ]; then
        pass "$name"
    else
        fail "$name" "wanted status $wanted
$(describe)"
    fi
}

check_match() {
    local name=$1 wanted=$2 regex=$3
    shift 3
    capture "$@"
    if [ "$status" -eq "$wanted" ] && printf '%s\n%s\n' "$output" "$errors" | grep -qE -- "$regex"; then
        pass "$name"
    else
        fail "$name" "wanted status $wanted and a line matching $regex
$(describe)"
    fi
}

# Evaluates the expression for each `method` of each class or class side, `each`: it answers a collection of sentences, empty when all is
# well.
check_every_method() { # NAME EXPRESSION
    cat >every_method.st <<END
| count faults |
count := 0.
faults := OrderedCollection new.
Smalltalk allClassesDo: [ :class |
	{ class. class class } do: [ :each |
		each methodsDo: [ :method |
			count := count + 1.
			($2) do: [ :fault | faults add: method printString , ' ' , fault ] ] ] ].
faults do: [ :each | Stdio stdout nextPutAll: each; lf ].
Stdio stdout nextPutAll: (count > 8000 ifTrue: [ 'all methods' ] ifFalse: [ 'few methods' ]); nextPutAll: ', '; print: faults size; nextPutAll: ' faults'; lf
END
    check "$1" "all methods, 0 faults" "$VIV" "$IMAGE" every_method.st
}

need_shared_images() {
    if [ ! -d "$SHARED_IMAGES" ]; then
        echo "skipped: no ../shared/images"
        exit 0
    fi
}

need_package() {
    if ! "$ROOT/tools/package" "$1" "$WORK/$1" 2>"$WORK/.errors"; then
        echo "skipped: $(tail -n 1 "$WORK/.errors")"
        exit 0
    fi
}
