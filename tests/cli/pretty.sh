#!/usr/bin/env bash
# The pretty printer over every method of the image: the same text again from its own text, the same code, no comment lost.
. "$(dirname "$0")/../cli/lib.sh"
[ "$PRESET" = release ] || { echo "skipped: only in the release build"; exit 0; }
check_every_method "every method is written the same again, compiles to the same, and keeps its comments" \
    '(PrettyPrintedMethod of: method in: each) faults'
