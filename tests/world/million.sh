# A million random numbers printed and read back, calculated by primitive and by Smalltalk code: release build only.
. "$(dirname "$0")/../cli/lib.sh"
if [ "$PRESET" != release ]; then
    echo "skipped: the release build draws a million numbers"
    exit 0
fi
VIVARIUM_TEST_EFFORT=10000 "$VIV" test "$IMAGE" --timeout 300 NumberPrimitivesTest
