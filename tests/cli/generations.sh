#!/usr/bin/env bash
# Saves keep the two images before them; one of them comes back when it is asked for.
. "$(dirname "$0")/lib.sh"

remember() { # NUMBER
    "$VIV" eval world.image --save "Smalltalk at: #Kept put: $1" >/dev/null
}

cp "$IMAGE" world.image
for number in 1 2 3; do remember $number; done
check "the image is the last one saved" 3 "$VIV" eval world.image 'Smalltalk at: #Kept'
check "the one before is kept" 2 "$VIV" eval world.image.1 'Smalltalk at: #Kept'
check "and the one before that" 1 "$VIV" eval world.image.2 'Smalltalk at: #Kept'
[ ! -e world.image.3 ] && pass "no more" || fail "no more"
check_match "they are listed" 0 '^2 .*world.image.2$' "$VIV" generations world.image
check "also as JSON" '[0, 1, 2]' \
    sh -c '"$1" generations world.image --json | python3 -c "import json, sys; print([json.loads(line)[\"number\"] for line in sys.stdin])"' sh "$VIV"
check_match "one comes back" 0 'is generation 2 again' "$VIV" generations world.image --restore 2
check "as the image" 1 "$VIV" eval world.image 'Smalltalk at: #Kept'
check "what it was is kept" 3 "$VIV" eval world.image.1 'Smalltalk at: #Kept'
check_match "the image is sound" 0 sound "$VIV" check world.image
check_match "a generation that is not there is refused" 6 'world.image.7' "$VIV" generations world.image --restore 7
check_match "and what is no number" 2 'wants the number' "$VIV" generations world.image --restore last
head -c 5000 world.image.2 >damaged && mv damaged world.image.2
check_match "a damaged one is not restored" 6 . "$VIV" generations world.image --restore 2
check "the image stays" 1 "$VIV" eval world.image 'Smalltalk at: #Kept'
check_match "an image that is not there is said" 6 'no such image' "$VIV" generations nowhere.image
cp "$IMAGE" single.image
check_status "--no-generations" 0 "$VIV" eval single.image --save --no-generations 3
[ ! -e single.image.1 ] && pass "keeps none" || fail "keeps none"
rm world.image
check_match "a lost image comes back from its generations" 0 'is generation 1 again' "$VIV" generations world.image --restore 1
check "with what it had" 3 "$VIV" eval world.image 'Smalltalk at: #Kept'
