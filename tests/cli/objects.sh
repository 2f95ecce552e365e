#!/usr/bin/env bash
# Images are looked into without being run; what is found is what the world says of itself.
. "$(dirname "$0")/lib.sh"

json() { # PYTHON COMMAND...: the expression on `rows`, the objects that the command printed
    local expression=$1
    shift
    "$@" | python3 -c "import json, sys; rows = [json.loads(line) for line in sys.stdin]; print($expression)"
}
check_match "heap adds up objects by class" 0 '^ +[0-9]+ +[0-9]+  ByteString$' "$VIV" heap "$IMAGE"
objects=$("$VIV" check "$IMAGE" | sed -n 's/.*sound, \([0-9]*\) objects.*/\1/p')
check "all of them" "$objects" json 'sum(row["objects"] for row in rows)' "$VIV" heap "$IMAGE" --json --top 4000000
check "a class and its class side are told apart" "True" \
    json '{"Association class", "CompiledMethod"} <= {row["class"] for row in rows}' "$VIV" heap "$IMAGE" --json --top 4000000
check "--top says how many" 3 json 'len(rows)' "$VIV" heap "$IMAGE" --json --top 3
check_match "which is a number" 2 'wants a number' "$VIV" heap "$IMAGE" --top many

check "source prints a method" "$("$VIV" eval "Stdio stdout nextPutAll: 'Integer>>factorial'; lf; nextPutAll: (Integer >> #factorial) sourceCode; lf. nil" --print none)" \
    "$VIV" source "$IMAGE" 'Integer>>factorial'
check "or all of a class" "$("$VIV" eval 'Integer selectors size')" json 'len(rows)' "$VIV" source "$IMAGE" Integer --json
check "and of its class side" "$("$VIV" eval 'Integer class selectors size')" json 'len(rows)' "$VIV" source "$IMAGE" 'Integer class' --json
check_match "what is not there is said" 1 'nothing found' "$VIV" source "$IMAGE" NoSuchClass
check_match "grep finds lines" 0 '^Integer>>factorial:3: .*20 factorial' "$VIV" grep "$IMAGE" '20 factorial >>>'
check "as many as the world knows" \
    "$("$VIV" eval "(ProtoObject withAllSubclasses , (ProtoObject withAllSubclasses collect: [ :each | each class ])) asSet inject: 0 into: [ :sum :class | class methods inject: sum into: [ :all :method | all + (method sourceCode lines count: [ :line | line includesSubstring: 'doesNotUnderstand:' ]) ] ]")" \
    json 'len(rows)' "$VIV" grep "$IMAGE" 'doesNotUnderstand:' --json
check_match "an empty text is refused" 2 'an image and a text' "$VIV" grep "$IMAGE" ''
head -c 100000 "$IMAGE" >cut.image
for command in heap 'source X' 'grep x'; do
    set -- $command
    check_match "a cut image is refused by $1" 6 'cut.image' "$VIV" "$1" cut.image ${2:-}
done
if [ -f "$SHARED_IMAGES/synth-minimal-68533.image" ]; then
    check_match "images made elsewhere are looked into" 0 'MethodDictionary' "$VIV" heap "$SHARED_IMAGES/synth-minimal-68533.image"
else
    echo "skipped: no ../shared/images"
fi
