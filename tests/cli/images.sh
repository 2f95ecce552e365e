#!/usr/bin/env bash
# Which image is used; what is said about an image; what a damaged one gets.
. "$(dirname "$0")/lib.sh"

check "--image names an image" 7 "$VIV" --image "$IMAGE" eval '3+4'
check "--image may stand after the command" 7 "$VIV" eval --image "$IMAGE" '3+4'
check "VIVARIUM_IMAGE names an image" 7 env VIVARIUM_IMAGE="$IMAGE" "$VIV" eval '3+4'
check "a first word that is an image file is the image" 7 "$VIV" eval "$IMAGE" '3+4'
check "the built image is found beside the program" 7 env -u VIVARIUM_IMAGE "$VIV" eval '3+4'
check_match "an image that is not there is refused" 6 'none.image' "$VIV" --image none.image eval '3+4'
check_match "so is one named first" 6 'none.image' "$VIV" eval none.image '3+4'
check_match "run refuses it too" 6 'none.image' "$VIV" run none.image
mkdir folder.image
check_match "a folder is no image" 6 'folder.image' "$VIV" run folder.image

check_match "info names the format" 0 '68021' "$VIV" info "$IMAGE"
check "info --json is JSON" "True" python3 -c '
import json, subprocess, sys
print(68021 in json.loads(subprocess.check_output([sys.argv[1], "info", "--json", sys.argv[2]])).values())' "$VIV" "$IMAGE"
check_match "check finds the built image sound" 0 'sound, [0-9]+ objects' "$VIV" check "$IMAGE"

size=$(stat -c %s "$IMAGE")
head -c $((size / 2)) "$IMAGE" >half.image
check_match "half an image is refused" 6 'half.image' "$VIV" check half.image
check_match "and does not run" 6 'half.image' "$VIV" --image half.image eval '3+4'
: >empty.image
check_match "an empty file is no image" 6 'empty.image' "$VIV" check empty.image
echo 'this is not an image, but it is long enough to be looked at' >text.image
check_match "text is no image" 6 'text.image' "$VIV" run text.image
check_match "the sentence names the offset" 6 'offset' "$VIV" check text.image
checked() { # IMAGE: what check --json says of it
    "$VIV" check "$1" --json 2>sentence | python3 -c 'import json, sys; check = json.load(sys.stdin); print(check["sound"], check.get("problem", check.get("objects")))'
}
check "check --json counts" "True $("$VIV" check "$IMAGE" | sed 's/.*sound, \([0-9]*\) .*/\1/')" checked "$IMAGE"
check "and says what is wrong" "False $("$VIV" check text.image 2>&1 | sed 's/^viv: //')" checked text.image
check_status "with the same exit code" 6 "$VIV" check text.image --json
check "save-as --json says what was written" "new.image True" sh -c '"$1" save-as "$2" new.image --json | python3 -c "
import json, os, sys
saved = json.load(sys.stdin)
print(saved[\"image\"], saved[\"fileSize\"] == os.path.getsize(\"new.image\"))"' sh "$VIV" "$IMAGE"
cp "$IMAGE" damaged.image
printf '\377\377\377\377' | dd of=damaged.image bs=1 seek=$((size / 2)) conv=notrunc status=none
check_match "a damaged byte is found" 6 'damaged.image' "$VIV" check damaged.image
# A byte is changed behind the back of the stamp that stands beside a file of ours: only who trusts nothing looks again.
check "a copy is sound" '' "$VIV" save-as "$IMAGE" stamped.image
check "--untrusted runs an image that is sound" 7 "$VIV" --untrusted eval stamped.image '3+4'
check "also after the command" 7 "$VIV" eval stamped.image --untrusted '3+4'
touch -r stamped.image time.reference
offset=$(grep -abom 1 'Responsibility: ' stamped.image | head -n 1 | cut -d: -f1)
printf r | dd of=stamped.image bs=1 seek="$offset" conv=notrunc status=none
touch -r time.reference stamped.image
check_match "--untrusted finds what the stamp hides" 6 'stamped.image' "$VIV" --untrusted eval stamped.image '3+4'
check_match "for run too" 6 'stamped.image' "$VIV" run --untrusted stamped.image
check_match "and for an image that --image names" 6 'stamped.image' "$VIV" test --image stamped.image --untrusted --list
check_match "help tells of it" 0 '--untrusted' "$VIV" help
before=$(sha256sum <"$IMAGE")
capture "$VIV" eval '3+4'
if [ "$(sha256sum <"$IMAGE")" = "$before" ]; then
    pass "evaluating never writes the image"
else
    fail "evaluating never writes the image"
fi

run_device() { "$VIV" run /dev/stdin </dev/null; }
check_match "a device is no image" 6 '/dev/' run_device
mkfifo pipe.image
check_match "a pipe that nobody writes to is no image" 6 'pipe.image: wanted an image file' timeout 20 "$VIV" check pipe.image
check_match "and does not keep a command waiting" 6 'pipe.image: wanted an image file' timeout 20 "$VIV" eval pipe.image 3
foreign=$SHARED_IMAGES/synth-minimal-68021.image
if [ -f "$foreign" ]; then
    check "an image made elsewhere is saved as ours without being run" '' "$VIV" save-as "$foreign" foreign.image
    [ ! -e synth-result.bin ] && pass "nothing of it ran" || fail "nothing of it ran"
    check_match "the copy is sound" 0 'sound' "$VIV" check foreign.image
    check_status "and runs" 0 "$VIV" run foreign.image
    check "with the result of the other" '2a41423f0a' sh -c 'od -An -tx1 synth-result.bin | tr -d " \n"'
else
    echo "skipped: no ../shared/images"
fi
check_match "what is no image is not saved" 6 'text.image' "$VIV" save-as text.image other.image
