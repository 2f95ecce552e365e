#!/usr/bin/env bash
# What holds an object of an image, and which objects hold most, without running it.
. "$(dirname "$0")/lib.sh"

step() { # N IMAGE OBJECT: the Nth step from the end of the path to an object, as JSON; 1 is the object
    "$VIV" heap "$2" --path "$3" --json | tail -n "$1" | head -1
}
offset() { # N IMAGE OBJECT: where that step is
    step "$@" | sed 's/.*"object": "\(0x[0-9a-f]*\)".*/\1/'
}

"$VIV" eval "
    Object subclass: #Held instanceVariableNames: '' classVariableNames: '' package: 'Helds'.
    Object subclass: #Holder instanceVariableNames: 'first second' classVariableNames: '' package: 'Helds'.
    Holder compile: 'first: one second: other first := one. second := other'.
    Object subclass: #EmptyHanded instanceVariableNames: '' classVariableNames: '' package: 'Helds'.
    Smalltalk at: #Hand put: (Array
        with: (Array with: (Array with: (Holder new first: (Smalltalk at: #Held) new second: 3)))
        with: (Holder new first: nil second: (Smalltalk at: #Held) new)
        with: (WeakArray with: (Smalltalk at: #Held) new)).
    nil" --print none --save-as held.image
check_match "the shortest path to an instance ends with a variable" 0 '^second +0x[0-9a-f]+ +Held$' "$VIV" heap held.image --path Held
check_match "goes through elements" 0 '^\[2\] +0x[0-9a-f]+ +Holder$' "$VIV" heap held.image --path Held
check_match "and bindings" 0 '^\[[0-9]+\] +0x[0-9a-f]+ +Association  Hand$' "$VIV" heap held.image --path Held
check_match "from the special objects" 0 '^special objects +0x[0-9a-f]+ +Array$' "$VIV" heap held.image --path Held
check_match "another instance has another path" 0 '^first +0x[0-9a-f]+ +Held$' sh -c "\"$VIV\" heap held.image --path Held@1; \"$VIV\" heap held.image --path Held@2"
check "an object is found by its offset as well" "$("$VIV" heap held.image --path Held)" "$VIV" heap held.image --path "$(offset 1 held.image Held)"
check_match "the instance of a class side is the class" 0 '^value +0x[0-9a-f]+ +Held class  Held$' "$VIV" heap held.image --path 'Held class'
check_match "what is not there is said: no such class" 1 'no instance of NoSuchClass' "$VIV" heap held.image --path NoSuchClass
check_match "no instance" 1 'no instance of EmptyHanded' "$VIV" heap held.image --path EmptyHanded
check_match "not so many" 1 'instances of Held is 2$' "$VIV" heap held.image --path Held@7
check_match "no object there" 1 'no object is at 0x3$' "$VIV" heap held.image --path 0x3
check_match "nor beyond the end" 1 'no object is at 0xfffffffffffffff8$' "$VIV" heap held.image --path 0xfffffffffffffff8
for wrong in 0x 0xzz Held@ Held@0 Held@x @2 ''; do
    check_match "'$wrong' is no object" 2 'CLASS, CLASS@N or 0xOFFSET' "$VIV" heap held.image --path "$wrong"
done
check_match "a path and a sum are two things" 2 'goes with neither' "$VIV" heap held.image --path Held --retained

python3 "$ROOT/tests/cli/drop_reference.py" held.image dropped.image "$(offset 2 held.image Held)" 1
check_status "an image with a reference less is sound" 0 "$VIV" check dropped.image
check_match "the longer path is the shortest then" 0 '^first +0x[0-9a-f]+ +Held$' "$VIV" heap dropped.image --path Held
check_match "what nothing holds is garbage" 0 '^ +16 +1  held by nothing$' "$VIV" heap dropped.image --retained
python3 "$ROOT/tests/cli/drop_reference.py" dropped.image weak.image "$(offset 2 dropped.image Held)" 0
check_match "and has no path" 1 'nothing found: no reference' "$VIV" heap weak.image --path Held

# A random graph: what each node retains is found by taking it away and looking what can still be reached.
cat >graph.st <<'END'
| random nodes reach sizes root report |
Object subclass: #Node instanceVariableNames: 'name children' classVariableNames: '' package: 'Helds'.
Node compile: 'name ^ name'; compile: 'children ^ children'; compile: 'name: aString name := aString';
	compile: 'children: anArray children := anArray'.
random := Random seed: Smalltalk arguments first asInteger.
nodes := (100 to: 219) collect: [ :each | (Smalltalk at: #Node) new name: each printString ].
nodes withIndexDo: [ :each :index |
	each children: ((1 to: (random nextInteger: 3)) collect: [ :i |
		random next < 0.7
			ifTrue: [ nodes at: ((index + (random nextInteger: 8) - 2) max: 1) \\ nodes size + 1 ]
			ifFalse: [ nodes at: (random nextInteger: nodes size) ] ]) asArray ].
root := nodes first.
reach := [ :without | | found waiting |
	found := IdentitySet new.
	waiting := OrderedCollection new.
	root == without ifFalse: [ found add: root. waiting add: root ].
	[ waiting isEmpty ] whileFalse: [
		waiting removeFirst children do: [ :each |
			(each == without or: [ found includes: each ]) ifFalse: [ found add: each. waiting add: each ] ] ].
	found ].
sizes := [ :each | 24 + 16 + 8 + (8 * each children size) ].
report := String streamContents: [ :stream |
	(reach value: nil) do: [ :each |
		stream nextPutAll: each name; space;
			print: (((reach value: nil) difference: (reach value: each)) inject: 0 into: [ :sum :one | sum + (sizes value: one) ]); lf ] ].
Smalltalk at: #Root put: root.
(FileSystem workingDirectory / 'expected') writeStreamDo: [ :stream | stream nextPutAll: report ].
nodes := root := reach := nil.
Smalltalk saveAs: 'graph.image'
END
retained() { "$VIV" heap graph.image --retained --top 1000000 --json |
    sed -n 's/.*"class": "Node", "label": "\([0-9]*\)", "retained": \([0-9]*\),.*/\1 \2/p' | sort; }
for seed in 1 2 3; do
    rm -f expected graph.image
    "$VIV" script graph.st $seed
    check "what objects retain is what goes with them, graph $seed" "$(sort expected)" retained
    [ "$(wc -l <expected)" -gt 20 ] || fail "graph $seed has objects"
done
check "instances inside instances are counted once" True python3 -c "
import json, subprocess
rows = [json.loads(line) for line in subprocess.run(['$VIV', 'heap', 'graph.image', '--retained', '--top', '1000000', '--json'], capture_output=True).stdout.splitlines()]
nodes, = [row for row in rows if row['kind'] == 'class' and row['class'] == 'Node']
objects = {row['label']: row for row in rows if row['kind'] == 'object' and row['class'] == 'Node'}
everything = sum(row['bytes'] for row in rows if row['kind'] == 'object')
print(nodes['objects'] == len(objects) and nodes['retained'] == objects['100']['retained'] and
    everything == sum(json.loads(line)['bytes'] for line in subprocess.run(['$VIV', 'heap', 'graph.image', '--top', '1000000', '--json'], capture_output=True).stdout.splitlines()))"
"$VIV" eval "| list | 1 to: 300000 do: [ :each | list := Array with: list ]. Smalltalk at: #Deep put: list. list := nil" --print none --save-as deep.image
check_match "deep structures need no deep stack" 0 '^ +48000[0-9]{2} +16  0x[0-9a-f]+ +Array$|^ +[0-9]+ +24  0x[0-9a-f]+ +Association  Deep$' sh -c "ulimit -s 256; \"$VIV\" heap deep.image --retained --top 3"
check "--top says how many" "2 1 2" sh -c "\"$VIV\" heap \"$IMAGE\" --retained --top 2 --json | sed 's/{\"kind\": \"\([a-z]*\)\".*/\1/' | sort -r | uniq -c | awk '{ printf \"%s%s\", separator, \$1; separator = \" \" }'"
head -c 100000 "$IMAGE" >cut.image
check_match "a cut image is refused" 6 'cut.image' "$VIV" heap cut.image --retained
if [ -f "$SHARED_IMAGES/spur64-candle.image" ]; then
    check_match "images made elsewhere have paths, too" 0 '^class +0x[0-9a-f]+ +PCMetaclass' "$VIV" heap "$SHARED_IMAGES/spur64-candle.image" --path PCMetaclass
    check_match "and holders" 0 'PCDictionary' "$VIV" heap "$SHARED_IMAGES/spur64-candle.image" --retained
else
    echo "skipped: no ../shared/images"
fi
