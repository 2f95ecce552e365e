#!/usr/bin/env bash
# Modules of primitives are opened when a method that names them is first called, from beside the program or ../lib/vivarium.
. "$(dirname "$0")/lib.sh"

draw='((Surface extent: 3@2) canvas clear: Color red; surface) asForm extent'
check "a world draws" '(3@2)' "$VIV" --image "$IMAGE" eval "$draw"

mkdir -p bin lib/vivarium
cp "$VIV" bin/viv
check_match "without the shared object it says so" 3 'DrawingUnavailable: this virtual machine cannot draw' \
    bin/viv --image "$IMAGE" eval "$draw"
check "and does all else" 7 bin/viv --image "$IMAGE" eval 3+4
check "nor does it ask twice" 2 bin/viv --image "$IMAGE" eval \
    '(1 to: 2) count: [ :each | [ Surface extent: 3@2. false ] on: DrawingUnavailable do: [ :error | true ] ]'
cp "$(dirname "$VIV")/viv-gui.so" lib/vivarium
check "it is found where an installation has it" '(3@2)' bin/viv --image "$IMAGE" eval "$draw"
echo nothing >bin/viv-gui.so
check "a file that is none is passed over" '(3@2)' bin/viv --image "$IMAGE" eval "$draw"

cat >maps.st <<'SCRIPT'
| loaded |
loaded := [ ('/proc/self/maps' asFileReference binaryReadStreamDo: [ :stream | stream upToEnd ]) asString includesSubstring: 'viv-gui' ].
Stdio stdout print: loaded value; lf.
Surface isSupported.
Stdio stdout print: loaded value; lf.
SCRIPT
check "nothing is opened before it is needed" $'false\ntrue' "$VIV" --image "$IMAGE" maps.st
