#!/usr/bin/env bash
# The same sources, built for arm64 and run in an emulator: C unit tests; the image, which is the file that x86-64 reads and builds; and the tests of
# the kernel, of numbers, collections and files.
. "$(dirname "$0")/../../cli/lib.sh"
if ! "$ROOT/tools/setup" arm64 >setup.log 2>&1; then
    echo "skipped: $(tail -n 1 setup.log)"
    exit 0
fi
export ROOT IMAGE SCRATCH SHARED_IMAGES
BUILD=$ROOT/build/arm64
OBJECTS=$BUILD/CMakeFiles/vivarium.dir
on_arm64() { "$ROOT/tools/arm64/run" "$@"; }
check_status "the sources build for arm64, and the program builds an image" 0 "$ROOT/tools/build" arm64
[ "$status" -eq 0 ] || exit 1

# Calls would fill the C stack; and Floats are the same as elsewhere.
calls() { aarch64-linux-gnu-objdump -dr "$OBJECTS/vm/execution/interpreter_tail.c.o" | grep -cE 'R_AARCH64_CALL26\s+op_'; }
fused() { find "$OBJECTS" -name '*.o' -exec aarch64-linux-gnu-objdump -d {} + | grep -cE '\sfn?m(add|sub)\s'; }
check_match "no instruction of the interpreter calls another" 1 '^0$' calls
check_match "no operations of Floats are fused" 1 '^0$' fused

# These two start thousands of processes, each of which the emulator copies.
for program in "$BUILD"/unit/*_test; do
    name=$(basename "$program")
    case $name in format-mutants_test | primitives-torture_test) continue ;; esac
    if on_arm64 "$program" </dev/null >"$name.log" 2>&1; then
        pass "unit $name"
    else
        fail "unit $name" "$(grep -av ' OK \]' "$name.log" | tail -n 40)"
    fi
done

# A copy: to this program it is a world, beside which a journal may be written.
cp "$IMAGE" world.image
IMAGE=$WORK/world.image
VIV=$BUILD/viv
check "a small expression" 7 on_arm64 "$VIV" eval "$IMAGE" 3+4
check "large integers" 158 on_arm64 "$VIV" eval "$IMAGE" '100 factorial printString size'
check "it knows the machine it runs on" aarch64 on_arm64 "$VIV" eval "$IMAGE" "(Smalltalk vm getSystemAttribute: 1003)"
check_match "a window is refused in one sentence" 1 'viv-gui.so' on_arm64 "$VIV" open "$IMAGE"
"$ROOT/build/release/viv" build "$ROOT/image/packages/manifest" -o here.image && on_arm64 "$VIV" build "$ROOT/image/packages/manifest" -o there.image
check "the image that it builds is that of x86-64, byte by byte" "" cmp here.image there.image
check_status "it finds no fault in the image" 0 on_arm64 "$VIV" check "$IMAGE"
check_match "it saves a world" 0 . on_arm64 "$VIV" eval "$IMAGE" "Smalltalk at: #Ark put: 'dove'" --save-as saved.image
check "which x86-64 goes on with" dove "$ROOT/build/release/viv" eval saved.image '(Smalltalk at: #Ark)'
for packages in 'Kernel*' 'Numbers*' 'Collections*' 'Files*'; do
    check_match "tests of $packages" 0 '^[1-9][0-9]* passed, 0 failed$' on_arm64 "$VIV" test "$IMAGE" "$packages" --jobs 1 --timeout 900
    tail -n 1 .output | sed 's/^/# /'
done
