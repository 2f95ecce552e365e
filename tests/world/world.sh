# Runs every SUnit test of the image; the last line is the image's own total.
. "$(dirname "$0")/../cli/lib.sh"
case $PRESET in
release) limit=60 ;;
*) limit=900 ;; # checking and stressing builds are slow
esac
# Under stress random tests repeat less, and what looks at the whole image is skipped.
[ "$PRESET" != stress ] || export VIVARIUM_TEST_EFFORT=10
# A collection at every poll looks at the whole stack: the limit comes soon there.
stack=128M
[ "$PRESET" != stress ] || stack=1M
jobs=1
[ "$PRESET" != stress ] || jobs=2
"$VIV" --stack-max $stack test "$IMAGE" --jobs $jobs --timeout "$limit"
