# Runs every SUnit test of a library whose methods cannot find the primitives that Vivarium adds, with large integers and
# functions of floats in Smalltalk, and without windows: the fallbacks that other machines depend on. The last line is the image's own total.
. "$(dirname "$0")/../cli/lib.sh"
if [ "$PRESET" != release ]; then
    echo "skipped: the fallbacks are Smalltalk like the rest; the release build runs them"
    exit 0
fi
cp -r "$ROOT/image/packages" packages
numbers='2[0-9]|3[0-7]|5[1-9]|55[1-9]|159|575'
sed -i -E "s/<primitive: ($numbers)( error: code)?>/<primitive: 19>/" packages/Numbers/*.st
grep -rlE "module: 'Vivarium(Collections|Drawing|Floats|Host|Integers|Source|Strings)'" packages |
    xargs sed -i -E "s/module: 'Vivarium(Collections|Drawing|Floats|Host|Integers|Source|Strings)'/module: 'Missing'/"
"$VIV" build packages/manifest -o plain.image && "$VIV" test plain.image --jobs 2
