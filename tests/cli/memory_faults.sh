# Every request for C memory fails, once and for good: no crash, no hang, no success that is none. MEMORY_FAULTS=1 tries each of them,
# as the long programme does; here it is every 7th.
. "$(dirname "$0")/../cli/lib.sh"
if [ "$PRESET" = asan ]; then
    echo "skipped: the sanitizer has an allocator of its own"
    exit 0
fi
cc -O2 -shared -fPIC "$ROOT/tests/cli/fail_memory.c" -o fail_memory.so
export VIV IMAGE WORK
python3 "$ROOT/tests/cli/memory_faults.py" fail_memory.so "${MEMORY_FAULTS:-7}" || failures=1

# 400 MB of addresses, the heap's among them.
little() {
    (
        ulimit -v 400000
        "$VIV" "$@"
    )
}
check "a heap that finds no more addresses signals OutOfMemory, and the world goes on" "7" little --heap-max 4G eval "$IMAGE" \
    '| all | [ all := OrderedCollection new. [ all add: (Array new: 1000) ] repeat ] on: OutOfMemory do: [ :error | all := nil ]. 3 + 4'
check "a stack that finds no more memory signals StackOverflow" "StackOverflow" little --stack-max 4G eval "$IMAGE" \
    '| down | down := nil. down := [ :n | (down value: n + 1) + 1 ]. [ down value: 1 ] on: Error do: [ :error | error class name ]'
cp "$IMAGE" little.image
check "what is left after that can be saved" "9" little --heap-max 4G eval little.image --save \
    '| all | [ all := OrderedCollection new. [ all add: (Array new: 1000) ] repeat ] on: OutOfMemory do: [ :error | all := nil ]. Smalltalk at: #Little put: 9'
check "and has what was done" "9" "$VIV" eval little.image 'Smalltalk at: #Little'
