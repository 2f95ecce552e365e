#!/usr/bin/env bash
# Texts of a million characters that nobody should give a compiler: each compiles or is refused with a position, and none takes long.
. "$(dirname "$0")/../../cli/lib.sh"
[ "$PRESET" = release ] || { echo "skipped: only in the release build"; exit 0; }
cat >hostile.st <<'END_OF_SCRIPT'
| hostile faults slow |
hostile := HostileSources dividedBy: 1.
faults := OrderedCollection new.
slow := OrderedCollection new.
hostile long , hostile numerous , hostile nested do: [ :each |
	| time |
	time := [ (HostileSources faultsOf: each) do: [ :fault | faults add: fault ] ] timeToRun.
	time asSeconds > 20 ifTrue: [ slow add: (each first: (40 min: each size)) -> time ] ].
faults , slow do: [ :each | Stdio stdout print: each; lf ].
Stdio stdout print: faults size; nextPutAll: ' faults, '; print: slow size; nextPutAll: ' slow'; lf
END_OF_SCRIPT
check "a million characters of anything compile or are refused" "0 faults, 0 slow" "$VIV" --timeout 550 "$IMAGE" hostile.st
