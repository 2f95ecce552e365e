# Texts of two hundred thousand characters that nobody should give a compiler: each compiles or is refused with a position, and none takes long.
. "$(dirname "$0")/../cli/lib.sh"
[ "$PRESET" = release ] || { echo "skipped: only in the release build"; exit 0; }
cat >hostile.st <<'END_OF_SCRIPT'
| hostile faults |
hostile := HostileSources dividedBy: 5.
faults := OrderedCollection new.
hostile long , hostile numerous , hostile nested do: [ :each | faults addAll: (HostileSources faultsOf: each) ].
faults do: [ :each | Stdio stdout print: each; lf ].
Stdio stdout print: faults size; nextPutAll: ' faults'; lf
END_OF_SCRIPT
check "two hundred thousand characters of anything compile or are refused" "0 faults" "$VIV" --timeout 250 "$IMAGE" hostile.st
