# tools/run starts at a prompt, and what is saved there is there the next time.
. "$(dirname "$0")/../cli/lib.sh"

# A checkout with nothing to build: the commands of this one, on its program and image.
mkdir -p tree/build/release tree/tools
cp "$VIV" tree/build/release/viv
cp "$IMAGE" tree/build/vivarium.image
cp "$ROOT/tools/run" tree/tools/
printf '#!/bin/sh\nexit 0\n' >tree/tools/setup
cp tree/tools/setup tree/tools/build
chmod +x tree/tools/*

prompt() {
    printf '%s\n' "$@" | tree/tools/run repl
}

check "the prompt computes" "7
158
'division by zero'" prompt '3 + 4' '100 factorial printString size' \
    "[1/0] on: ZeroDivide do: [:e | 'division by zero']"
prompt "Object subclass: #Visitor instanceVariableNames: 'name' classVariableNames: '' package: 'Guests'" \
    "Smalltalk at: #Guest put: Visitor new" "Smalltalk snapshot" >/dev/null
check "a saved world is there the next time" "a Visitor" prompt 'Guest'
check "the pristine image was not written" "" cmp "$IMAGE" tree/build/vivarium.image
touch tree/build/vivarium.image
check_match "a saved world is not replaced by a newer library" 0 'a Visitor' prompt 'Guest'
rm tree/build/world.image
check_match "without a world a fresh one is made" 0 'nil' prompt "Smalltalk at: #Guest ifAbsent: [nil]"
