#!/usr/bin/env bash
# What differs between two images is said in terms of classes and methods; neither is run.
. "$(dirname "$0")/lib.sh"

differences() { # COMMAND...: what it prints but for numbers of instances; its exit code is 1
    "$@" >differences
    [ $? -eq 1 ] && grep -v '^instances of ' differences
}
check "an image is the same as itself" "" "$VIV" diff "$IMAGE" "$IMAGE"
"$VIV" eval "
    Object subclass: #Addition instanceVariableNames: 'one' classVariableNames: '' package: 'Additions'.
    Addition compile: 'one ^ one'.
    Addition class compile: 'two ^ self new'.
    ExpressionEvaluated removeFromSystem.
    Integer compile: 'factorial ^ 3'; compile: 'another ^ 4'; removeSelector: #gcd:.
    OrderedCollection addInstVarNamed: 'further'; comment: 'Other words.'.
    Date class instanceVariableNames: 'cache'.
    Point addClassVarNamed: 'Zero'.
    Time category: 'Elsewhere'.
    Smalltalk at: #Kept put: ((1 to: 5000) collect: [ :each | each @ each ]).
    nil" --print none --save-as changed.image
check "what was changed is said" "added class Addition (2 methods)
changed class Date class: instance variables '', now 'cache'
removed class ExpressionEvaluated ($("$VIV" eval 'ExpressionEvaluated selectors size + ExpressionEvaluated class selectors size') methods)
added method Integer>>another
changed method Integer>>factorial
removed method Integer>>gcd:
changed class OrderedCollection: instance variables 'array firstIndex lastIndex', now 'array firstIndex lastIndex further'; comment
changed class Point: class variables '', now 'Zero'
changed class Time: category 'Time', now 'Elsewhere'; package 'Time', now 'Elsewhere'" \
    differences "$VIV" diff "$IMAGE" changed.image
check_match "and the other way round" 1 "^removed class Addition" "$VIV" diff changed.image "$IMAGE"
points=$("$VIV" eval 'Smalltalk garbageCollect. Point allInstances size')
check_match "numbers of instances are compared" 1 "^instances of Point: $points, now $((points + 5000))\$" "$VIV" diff "$IMAGE" changed.image
"$VIV" diff "$IMAGE" changed.image --json >json
check "JSON says the same" "added Addition 2, removed method gcd:, superclass not told, 5000 points" python3 -c "
import json
rows = [json.loads(line) for line in open('json')]
find = lambda change, kind: [row for row in rows if (row['change'], row['kind']) == (change, kind)]
added, = find('added', 'class')
removed, = find('removed', 'method')
facts = next(row for row in find('changed', 'class') if row['class'] == 'OrderedCollection')['facts']
points = next(row for row in find('changed', 'instances') if row['class'] == 'Point')
assert facts['comment']['new'] == 'Other words.'
print('added %s %d, removed method %s, superclass%s told, %d points' % (added['class'], added['methods'], removed['selector'],
    '' if 'superclass' in facts else ' not', points['new'] - points['old']))"

"$VIV" eval "AdditionalMethodState allInstances do: [ :each | each instVarNamed: #source put: nil ]. nil" --print none --save-as without.image
"$VIV" eval "
    Integer compile: 'factorial ^ #(1 (2 \$a) ''b'')'.
    AdditionalMethodState allInstances do: [ :each | each instVarNamed: #source put: nil ]. nil" --print none --save-as other.image
check "without texts, methods are compared by what they do" "" sh -c "\"$VIV\" diff \"$IMAGE\" without.image | grep -v '^instances of '; true"
check "bytecodes and literals that differ are found" "changed method Integer>>factorial" differences "$VIV" diff without.image other.image
"$VIV" eval "
    Integer compile: 'factorial ^ #(1 (2 \$b) ''b'')'.
    AdditionalMethodState allInstances do: [ :each | each instVarNamed: #source put: nil ]. nil" --print none --save-as third.image
check "literals inside literals as well" "changed method Integer>>factorial" differences "$VIV" diff other.image third.image

check_match "two images are wanted" 2 'two images' "$VIV" diff "$IMAGE"
check_match "which exist" 6 'nowhere.image' "$VIV" diff "$IMAGE" nowhere.image
head -c 100000 "$IMAGE" >cut.image
check_match "a cut image is refused" 6 'cut.image' "$VIV" diff cut.image "$IMAGE"
check_match "whichever it is" 6 'cut.image' "$VIV" diff "$IMAGE" cut.image
if [ -f "$SHARED_IMAGES/synth-minimal-68533.image" ]; then
    check "images made elsewhere are compared" "" "$VIV" diff "$SHARED_IMAGES/synth-minimal-68021.image" "$SHARED_IMAGES/synth-minimal-68533.image"
    check_match "and found to differ" 1 '^added class UndefinedObject' \
        "$VIV" diff "$SHARED_IMAGES/spur64-candle.image" "$SHARED_IMAGES/synth-minimal-68021.image"
else
    echo "skipped: no ../shared/images"
fi
