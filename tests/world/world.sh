# Runs every SUnit test of the image; the last line is the image's own total.
. "$(dirname "$0")/../cli/lib.sh"
case $PRESET in
release) limit=60 ;;
*) limit=900 ;; # checking and stressing builds are slow
esac
"$VIV" test "$IMAGE" --timeout "$limit"
