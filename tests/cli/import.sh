# Images of other formats are read by every command, run, and go on as ours.
. "$(dirname "$0")/lib.sh"
need_shared_images

small=$SHARED_IMAGES/spur32-sista-codeparadise.image
large=$SHARED_IMAGES/spur32-cuis50.image

for image in "$small" "$large"; do
    name=$(basename "$image" .image)
    check_match "$name: info names the format" 0 '^format +32-bit Spur$' "$VIV" info "$image"
    check_match "$name: and the magic number" 0 '^magic +6521$' "$VIV" info "$image"
    check_match "$name: check finds it sound" 0 'sound, [0-9]+ objects' "$VIV" check "$image"
    check "$name: save-as converts it" '' "$VIV" save-as "$image" "$name.image"
    check_match "$name: the copy is ours" 0 '^magic +68021$' "$VIV" info "$name.image"
    check "$name: with as many objects" "$("$VIV" check "$image" | sed 's/.*sound, \([0-9]* objects\).*/\1/')" \
        sh -c '"$1" check "$2" | sed "s/.*sound, \([0-9]* objects\).*/\1/"' sh "$VIV" "$name.image"
    check_match "$name: which are the same, says a reader that knows both formats" 0 '^[0-9]+ objects are the same$' \
        python3 "$ROOT/tests/cli/compare_widened.py" "$image" "$name.image"
    rm -f again.image
    "$VIV" save-as "$image" again.image
    check "$name: the same bytes each time" '' cmp "$name.image" again.image
    rm again.image
    "$VIV" save-as "$name.image" again.image
    check "$name: and once more from the copy, behind the header" '' cmp -i 4096 "$name.image" again.image
    check_match "$name: heap reads it" 0 'CompiledMethod' "$VIV" heap "$image"
done
check_status "a difference would be seen" 1 python3 "$ROOT/tests/cli/compare_widened.py" "$small" "$(basename "$large")"

# The image prints without end once it has failed; the first lines are enough.
first_lines() { "$VIV" run "$@" --timeout 60 2>&1 | head -n 5; }
wanted='CodeParadise tiny image (build v10-20251116)
Creating Symbol table
Starting idle process
Creating client environment and starting communication
FATAL: The environment variable #SERVER_URL is not properly set'
check "an image of Sista methods boots as far as a machine that is no browser lets it" "$wanted" first_lines "$small"
check "and so does its copy" "$wanted" first_lines "$(basename "$small")"
check "with every stress switch" "$wanted" first_lines "$small" --stress-poll 5 --stress-flush 11 --stress-caches

# Cuis starts without a screen, too, and does what its own options say: they reach it without those of ours.
cp "$large" cuis.image
chmod u+w cuis.image
check_match "Cuis starts, and what is missing is listed at the end" 0 '^missing primitives: [0-9]+$' \
    "$VIV" run cuis.image --report-missing --timeout 120 -- -d 'Smalltalk quitPrimitive'
cat >seven.st <<'END'
StdIOWriteStream stdout nextPutAll: (3 + 4) printString; newLine; flush.
Smalltalk quitPrimitive
END
check "runs a script" 7 "$VIV" run cuis.image --timeout 120 -- -s seven.st
check "running it without saving writes nothing" '' cmp "$large" cuis.image
check_match "the calls of a primitive that is missing are counted" 124 '^ +[0-9]+ calls  primitiveWebSocketConnectToUrl:withEventSemaphore: of CpSystemPlugin$' \
    "$VIV" run "$small" --report-missing --timeout 2
check_match "run tells of the option" 0 '--report-missing' "$VIV" help

head -c 100000 "$large" >half.image
check_match "half an image is refused" 6 'half.image: at offset 8: wanted data up to the end' "$VIV" check half.image
check_match "and does not run" 6 'half.image: at offset 8' "$VIV" run half.image
cp "$small" damaged.image
chmod u+w damaged.image
printf '\004' | dd of=damaged.image bs=1 seek=65268 conv=notrunc status=none
check_match "a reference that leads nowhere is named by its offset" 6 'damaged.image: at offset [0-9]+: wanted' "$VIV" check damaged.image
check_match "also by save-as" 6 'damaged.image: at offset' "$VIV" save-as damaged.image other.image
[ ! -e other.image ] && pass "which writes nothing" || fail "which writes nothing"
