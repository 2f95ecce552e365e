# The example programs of tools/example run.
. "$(dirname "$0")/../cli/lib.sh"
embed=$ROOT/build/$PRESET/example_embed

check "an embedded world evaluates" 7 "$embed" "$IMAGE" eval '3 + 4'
check_status "an embedded world hands its exit code on" 5 "$embed" "$IMAGE" eval 'Smalltalk exit: 5'
check_match "an image that is not there is one sentence and exit code 6" 6 'no-such.image' "$embed" no-such.image
check_match "the example without arguments explains itself" 2 'usage' "$embed"

echo "Stdio stdout nextPutAll: (Smalltalk arguments first); lf. Smalltalk exit: 5" >alone.st
check_match "a file as the only word is run as a script" 5 '^one$' "$embed" "$IMAGE" alone.st one
