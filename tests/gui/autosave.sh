#!/usr/bin/env bash
# A person's own world saves itself while it is worked with, and is there after the cable was pulled.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/gui/lib.sh"
need_display 1400x900

mkdir -p "$XDG_CONFIG_HOME/vivarium"
echo "{ 'world.autosaveMinutes' : 0.02 }" >"$XDG_CONFIG_HOME/vivarium/settings.ston"
cp "$IMAGE" "$WORK/world.image"
pristine=$(cksum <"$WORK/world.image")
is_saved() { [ "$(cksum <"$WORK/world.image")" != "$pristine" ]; }
knows() { [ "$("$VIV" eval "$WORK/world.image" "$1" 2>/dev/null)" = "$2" ]; }

open_empty_world
press ctrl+o p
settle
type_text "Smalltalk at: #Mine put: 42"
press ctrl+d
wait_for "the world is saved by itself" is_saved
press End
wait_for "with what was done in it" knows 'Smalltalk at: #Mine ifAbsent: [ ]' 42
check_match "the file is sound" 0 sound "$VIV" check "$WORK/world.image"
close_world
open_world
settle
shot autosave
check_match "the world goes on from there" 0 'Playground' "$VIV" eval "$WORK/world.image" '(World windows collect: [ :each | each title ]) asArray'
close_world
