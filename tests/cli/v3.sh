#!/usr/bin/env bash
# Images from before Spur: converted, saved and loaded again they are the same graph; the small kernel among them runs.
. "$(dirname "$0")/lib.sh"
need_shared_images

# Loaded, saved by us, loaded again.
check_kept() { # IMAGE
    local name
    name=$(basename "$1" .image)
    check_match "$name: info names the format" 0 '^format +32-bit V3' "$VIV" info "$1"
    check_match "$name: check finds it sound" 0 'sound, [0-9]+ objects' "$VIV" check "$1"
    check "$name: save-as converts it" '' "$VIV" save-as "$1" "$name.new"
    check_match "$name: the copy is ours" 0 '^magic +68021$' "$VIV" info "$name.new"
    check_match "$name: and sound" 0 'sound, [0-9]+ objects' "$VIV" check "$name.new"
    check_match "$name: with the same objects, says a reader that knows both formats" 0 '^[0-9]+ objects are the same$' \
        python3 "$ROOT/tests/cli/compare_v3.py" "$1" "$name.new"
    check "$name: saved once more from the copy" '' "$VIV" save-as "$name.new" "$name.again"
    check "$name: it is the same behind the header" '' cmp -i 4096 "$name.new" "$name.again"
    rm "$name.again"
}

# The kernel appends to log.txt what it measured, draws on the screen, of which it is told a size where there is none, too, and quits. In a window it
# does the same (tests/gui/mini.sh).
check_kernel() { # IMAGE WHAT [OPTION...]
    local image=$1 what=$2
    shift 2
    rm -f log.txt
    check_match "the small kernel runs $what, lacks nothing, and quits" 0 '^missing primitives: 0$' \
        "$VIV" run "$image" --report-missing --timeout 120 "$@"
    check_match "$what: it has written what it measured" 0 'edition!.?[0-9]+ bytecodes/sec; [0-9]+ sends/sec' cat log.txt
}

mini=$SHARED_IMAGES/v3-mini.image
kernel=$SHARED_IMAGES/v3-closures-bootstrapped.image
# Its blocks begin anywhere in their method, as those of Smalltalk-80 do (st80.sh).
check_status "v3-mini: compiled at once it runs until it is ended" 124 timeout 2 "$VIV" run --jit-after 1 --no-journal "$mini"
check_kept "$mini"
check_kept "$kernel"
check_status "a difference would be seen" 1 python3 "$ROOT/tests/cli/compare_v3.py" "$mini" v3-closures-bootstrapped.new

cp "$kernel" kernel.image
chmod u+w kernel.image
check_kernel kernel.image "from the old file"
check "which is not written" '' cmp "$kernel" kernel.image
check_kernel v3-closures-bootstrapped.new "from our file"
check_kernel kernel.image "with every stress switch" --stress-poll 50 --stress-full 5000 --stress-flush 70 --stress-caches

need_package scratch
check_kept scratch/usr/share/scratch/Scratch.image
