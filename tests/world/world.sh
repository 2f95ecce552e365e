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
if [ "$PRESET" != stress ]; then
    "$VIV" --stack-max $stack test "$IMAGE" --jobs 2 --timeout "$limit"
    exit
fi

# Full collections, each of which checks the whole heap, come often where the tests are about
# memory and exceptions, and seldom for all others: their number is what the run costs.
# tools/test --long has them often everywhere, by STRESS_FULL, and the tests of the tools for
# people too, which are Smalltalk like the rest, look at the whole image again and again, and
# would take longer than all others together.
for package in Kernel-Machine-Tests Kernel-Exceptions-Tests; do
    "$VIV" --stack-max $stack test "$IMAGE" --package $package --timeout "$limit" >$package.log ||
        cat $package.log
    tail -1 $package.log >>totals
done
"$VIV" test "$IMAGE" --list >listed
if [ -n "${STRESS_FULL:-}" ]; then
    cp listed chosen
else
    "$VIV" eval "$IMAGE" "(Smalltalk allClasses select: [ :each |
        #('Tools' 'Text-Editing' 'Debugging' 'Morphs-Text' 'Commands' 'Graphics-Drawing') anySatisfy: [ :some | each package name beginsWith: some ] ])
        do: [ :each | Stdio stdout nextPutAll: each name; nextPutAll: '>>'; lf; nextPutAll: 'testExample('; nextPutAll: each name; lf ]" --print none >left_out
    grep -vFf left_out listed >chosen
fi
"$VIV" --stress-full "${STRESS_FULL:-20000}" --stack-max $stack test "$IMAGE" --tests chosen --jobs 2 --timeout "$limit" >all.log ||
    cat all.log
tail -1 all.log >>totals
awk '{ passed += $1; failed += $3 } END { print passed " passed, " failed " failed"; exit failed > 0 || NR != 3 }' totals
