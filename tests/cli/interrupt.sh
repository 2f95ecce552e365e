#!/usr/bin/env bash
# T21: interrupted at random moments, whatever it does, a world answers at once.
. "$(dirname "$0")/lib.sh"

VIV=$VIV timeout "${INTERRUPT_SECONDS:-120}" python3 "$ROOT/tests/cli/interrupts.py" "${INTERRUPTS:-40}" ${SEED:-} || failures=1

# A flood of them is one interrupt, and then the end.
flood() {
    rm -f ready
    mkfifo ready
    "$VIV" eval "Stdio stdout nextPutAll: 'go'; lf; flush. [ [ true ] whileTrue ] on: UserInterrupt do: [ :error | [ true ] whileTrue ]" >ready 2>errors &
    local pid=$!
    read -r _ <ready
    # Signals that come before the program has seen the one before are one.
    for _ in $(seq 500); do
        kill -INT $pid 2>/dev/null || break
        sleep 0.01
    done
    kill -9 $pid 2>/dev/null
    wait $pid
}
check_status "a flood of interrupts ends the program" 130 flood
