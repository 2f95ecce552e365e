# Every fuzzer runs for two minutes ($FUZZ_SECONDS) without a finding.
. "$(dirname "$0")/../../cli/lib.sh"
(cd "$ROOT" && cmake --preset fuzz && cmake --build build/fuzz) >build.log 2>&1 || { fail "the fuzzers build" "$(tail -n 20 build.log)"; exit 1; }
mkdir -p bootstrap image import
cp "$ROOT"/image/packages/Kernel/*.st bootstrap/
[ ! -d "$SHARED_IMAGES" ] || cp "$SHARED_IMAGES"/synth-*.image image/
[ ! -d "$SHARED_IMAGES" ] || cp "$SHARED_IMAGES"/v3-closures-bootstrapped.image import/
export ASAN_OPTIONS=detect_stack_use_after_return=0
for program in "$ROOT"/build/fuzz/*_fuzz; do
    name=$(basename "$program" _fuzz)
    mkdir -p "$name"
    if "$program" -max_total_time="${FUZZ_SECONDS:-120}" -max_len=90000 -artifact_prefix="$WORK/" "$name" >"$name.log" 2>&1; then
        pass "$name: no findings"
    else
        fail "$name: no findings" "$(tail -n 40 "$name.log")"
    fi
done
