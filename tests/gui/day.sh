#!/usr/bin/env bash
# A day's work by mouse and keys alone: a class and its methods in the browser, a mistake mended, a playground, an inspector, an error
# mended in the debugger, tests; then the world is saved, the cable is pulled, and everything is where it was.
# SCALE is 1, 1.5 or 2: day_150.sh and day_200.sh set it. Each step's picture is compared with the stored one.
# B-01 B-10 G-05 W-01 W-02 I-01 I-04 D-01 D-04 TR-01 G-09
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_display 1400x900

# Types lines, with Return between them.
type_lines() {
    local first=yes line
    for line in "$@"; do
        [ "$first" = yes ] || press Return
        first=no
        type_text "$line"
    done
}

# Saves the world and asks it what the expression says. The window goes on.
saved() { # EXPRESSION
    press ctrl+shift+s
    settle
    cp "$WORK/world.image" "$WORK/copy.image"
    "$VIV" eval "$WORK/copy.image" "$1" 2>/dev/null
}
is_saved() { # EXPRESSION WANTED
    [ "$(saved "$1")" = "$2" ]
}

open_empty_world
press ctrl+b
settle
same_picture day-1-browser

# The code pane is the last of the panes.
press Tab Tab Tab Tab Tab Tab
press ctrl+a
type_lines "Object subclass: #Purse" "instanceVariableNames: 'coins'" "classVariableNames: ''" "package: 'Accounts'"
press ctrl+s
settle
same_picture day-2-class
wait_for "a class is made in the browser (B-10)" is_saved "(Smalltalk at: #Purse) instVarNames" "#(coins)"

press ctrl+a
type_lines "coins: aCollection" "coins := aCollection"
press ctrl+s
settle
press ctrl+a
type_lines "averagePer: days" "| sum |" "sum := coins inject: 0 into: [ :a :b | a + b ." "^ sum / days"
press ctrl+s
settle
same_picture day-3-mistake
wait_for "a method with a mistake is not taken (G-05)" is_saved "(Smalltalk at: #Purse) selectors asSortedCollection asArray" "#(coins:)"
press ctrl+a
type_lines "averagePer: days" "| sum |" "sum := coins inject: 0 into: [ :a :b | a + b ]." "^ sum / days"
press ctrl+s
settle
same_picture day-4-mended
wait_for "mended it is" is_saved "(Smalltalk at: #Purse) selectors asSortedCollection asArray" "#(averagePer: coins:)"

press ctrl+o p
settle
type_lines "Smalltalk at: #Mine put: (Purse new coins: #(12 7 31); yourself)."
press ctrl+d
settle
press End Return
type_text "Mine averagePer: 5"
press ctrl+p
settle
same_picture day-5-playground
wait_for "an expression of the playground made an object (W-01)" is_saved "(Smalltalk at: #Mine) class name" "Purse"
press End Return
type_text "Mine"
press ctrl+i
settle
press Down Down Tab
settle
press ctrl+a
type_text "#(10 20 30)"
press ctrl+s
settle
same_picture day-6-inspector
wait_for "a slot is edited in the inspector (I-04)" is_saved "Mine instVarAt: 1" "#(10 20 30)"

press ctrl+w
settle
press End Return
type_text "Smalltalk at: #Answer put: (Mine averagePer: 0)"
press ctrl+d
settle
same_picture day-7-error
press ctrl+d
settle
same_picture day-8-debugger
# From the stack over receiver and temporaries to the code.
press Tab Tab Tab
press ctrl+a
type_lines "averagePer: days" "| sum |" "days = 0 ifTrue: [ ^ 0 ]." "sum := coins inject: 0 into: [ :a :b | a + b ]." "^ sum / days"
press ctrl+s
settle
same_picture day-9-edited-in-debugger
press F5
settle
same_picture day-10-proceeded
wait_for "the method is mended in the debugger, and the program goes on with it (D-04)" is_saved "Smalltalk at: #Answer" "0"
wait_for "the class has the mended method" is_saved "(Smalltalk at: #Purse) new averagePer: 0" "0"

press ctrl+o u
settle
same_picture day-11-test-runner
type_text "Graphics-Color"
settle
press ctrl+t
settle
same_picture day-12-tests
tests_ran() { [ -n "$(window_id)" ] && settle && is_saved "(TestResults current recordsOf: ColorTest) size > 10" "true"; }
wait_for "the tests of a package are run (TR-01)" tests_ran

press ctrl+shift+s
settle
before=$(picture_of 1280x730+0+40)
shot day-13-saved-$SCALE
close_world
open_world
settle
shot day-14-again-$SCALE
is_as_before() { [ "$(picture_of 1280x730+0+40)" = "$before" ]; }
wait_for "after the cable was pulled everything is where it was" is_as_before
