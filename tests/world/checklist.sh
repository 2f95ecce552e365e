# Proves that what code from elsewhere expects of the library is there, and that some test sends it: tools/check/lists/README.md.
. "$(dirname "$0")/../cli/lib.sh"
if [ "$PRESET" != release ]; then
    echo "skipped: the library is the same in every build"
    exit 0
fi
"$VIV" --image "$IMAGE" "$ROOT/tools/check/checklist.st" "$ROOT/tools/check/lists"
