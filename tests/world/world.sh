# Runs every SUnit test of the image; the last line is the image's own total.
. "$(dirname "$0")/../cli/lib.sh"
"$VIV" test "$IMAGE"
