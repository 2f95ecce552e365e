#!/usr/bin/env bash
# The cable is pulled before anything was saved: the next start offers what the journal has, in a window and on the command line.
# CR-01 CR-07 G-04
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_display 1400x900

is_in_journal() { # REGEX
    "$VIV" log "$WORK/world.image" 2>/dev/null | grep -qE "$1"
}

knows() { # EXPRESSION WANTED: of the saved image
    [ "$("$VIV" eval "$WORK/world.image" "$1" 2>/dev/null)" = "$2" ]
}

open_empty_world
press ctrl+b
settle
press Tab Tab Tab Tab Tab Tab
press ctrl+a
type_text "Object subclass: #Purse instanceVariableNames: 'coins' classVariableNames: '' package: 'Accounts'"
press ctrl+s
wait_for "an accepted class is in the journal" is_in_journal 'classAdded Purse'
settle
press ctrl+a
type_text "coins ^ coins"
press ctrl+s
wait_for "an accepted method is" is_in_journal 'methodAdded Purse>>coins'
settle
press ctrl+a
type_text "half a method ^"
wait_for "a text that is not accepted gets there in a while (G-04)" is_in_journal 'text .*half a method'
shot recover-1-before
close_world
cp "$WORK/world.image" "$WORK/twin.image"
cp "$WORK/world.journal" "$WORK/twin.journal"
check_match "the command line tells what is lacking (CR-07)" 0 '^2 changes since the last save' "$VIV" recover twin.image
check "and brings it back" '2 of 2 changes are back' "$VIV" recover twin.image --apply
check "with the method" '#(coins)' "$VIV" eval twin.image '(Smalltalk at: #Purse) selectors'

open_world
settle
shot recover-2-asked
press Return # Apply all
settle
shot recover-3-applied
press Return # they are back
settle
press ctrl+shift+s
wait_for "the window asks by itself, and brings everything back (CR-01)" knows '(Smalltalk at: #Purse) selectors' '#(coins)'
close_world
open_world
settle
shot recover-4-again
"$VIV" recover "$WORK/world.image" | grep -q '^0 changes' && pass "then nothing is lacking" || fail "then nothing is lacking"
close_world
