# A class with 100,000 instances gets other variables in a few seconds.
. "$(dirname "$0")/../cli/lib.sh"
cat >reshape.st <<'END'
| class objects duration |
class := Object subclass: #ReshapeMany instanceVariableNames: 'a b' classVariableNames: '' package: 'Reshape'.
objects := (1 to: 100000) asArray collect: [ :each | class new instVarAt: 2 put: each; yourself ].
duration := [ Object subclass: #ReshapeMany instanceVariableNames: 'c b a' classVariableNames: '' package: 'Reshape' ] timeToRun.
objects doWithIndex: [ :each :index |
	(each instVarNamed: 'b') = index ifFalse: [ Stdio stdout nextPutAll: 'wrong value'; lf ] ].
Stdio stdout nextPutAll: (duration < 20 seconds ifTrue: [ 'in time' ] ifFalse: [ 'late' ]); lf
END
check "a hundred thousand instances get another shape" "in time" "$VIV" "$IMAGE" reshape.st

# The compiler makes streams and collections while it compiles their methods anew.
for class in Stream OrderedCollection Dictionary; do
    check "$class changes its shape and changes back" "7" "$VIV" eval \
        "$class addInstVarNamed: 'temporary'. $class removeInstVarNamed: 'temporary'. (Compiler evaluate: '#(3 4) asOrderedCollection inject: 0 into: [ :a :b | a + b ]')"
done
