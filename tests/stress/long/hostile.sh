#!/usr/bin/env bash
# Texts of a million characters that nobody should give a compiler: each compiles or is refused with a position, and none takes long.
. "$(dirname "$0")/../../cli/lib.sh"
[ "$PRESET" = release ] || { echo "skipped: only in the release build"; exit 0; }
check "a million characters of anything compile or are refused" "#()" \
    "$VIV" --timeout 550 eval "$IMAGE" '(HostileSources dividedBy: 1) faultsOfLengthyOnes'
