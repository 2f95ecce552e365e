#!/usr/bin/env bash
# Signals and time limits end or interrupt a world, tight loops included.
. "$(dirname "$0")/lib.sh"

# Starts viv with the given arguments in the background and waits until it has written a line.
start() {
    rm -f ready
    mkfifo ready
    "$VIV" "$@" </dev/null >ready 2>errors &
    pid=$!
    exec 7<ready
    read -r line <&7
}

finish() { # NAME STATUS
    wait $pid
    local status=$?
    exec 7<&-
    if [ $status -eq "$2" ]; then
        pass "$1"
    else
        fail "$1" "status $status, wanted $2
$(cat errors)"
    fi
}

loop="Stdio stdout nextPutAll: 'go'; lf; flush. [ true ] whileTrue"
start eval "$loop"
kill -INT $pid
finish "SIGINT ends a tight loop" 130
start eval "Stdio stdout nextPutAll: 'go'; lf; flush. [ (Delay forSeconds: 100) wait ] value"
kill -INT $pid
finish "SIGINT ends a waiting world" 130
start eval "$loop"
kill -TERM $pid
finish "SIGTERM ends a tight loop" 143
start eval "$loop"
kill -HUP $pid
finish "SIGHUP ends a tight loop" 129
start eval "Stdio stdout nextPutAll: 'go'; lf; flush. Stdio stdin upToEnd. [ true ] whileTrue: [ [ true ] on: Error do: [ :e | ] ]"
kill -INT $pid
kill -INT $pid
finish "two SIGINT end anything" 130
mkfifo silent
exec 8<>silent
start_reading() { # as start, but standard input never says anything
    rm -f ready
    mkfifo ready
    "$VIV" "$@" <&8 >ready 2>errors &
    pid=$!
    exec 7<ready
    read -r line <&7
}
start_reading eval "Stdio stdout nextPutAll: 'go'; lf; flush. Stdio stdin upToEnd"
kill -INT $pid
finish "SIGINT ends a world that reads" 130
start_reading eval "[ (Delay forMilliseconds: 20) wait. Smalltalk exit: 8 ] fork. Stdio stdout nextPutAll: 'go'; lf; flush. Stdio stdin upToEnd"
finish "while one process reads others run" 8
exec 8<&-
start eval "[ Stdio stdout nextPutAll: 'go'; lf; flush. [ true ] whileTrue ] on: UserInterrupt do: [ :e | Smalltalk exit: 6 ]"
kill -INT $pid
finish "a program may handle the interrupt" 6

start eval "Stdio stdout nextPutAll: 'go'; lf; flush. [ true ] whileTrue"
kill -USR1 $pid
for _ in $(seq 200); do
    [ -s errors ] && break
    read -r -t 0.05 line <&7
done
kill -TERM $pid
finish "SIGUSR1 lets the world go on" 143
grep -qi 'process' errors && pass "SIGUSR1 prints the stacks of all processes" ||
    fail "SIGUSR1 prints the stacks of all processes" "$(cat errors)"

check_status "a time limit ends a tight loop" 124 "$VIV" --timeout 0.2 eval '[ true ] whileTrue'
check_status "a time limit ends a waiting world" 124 "$VIV" --timeout 0.2 eval '(Delay forSeconds: 100) wait'
blocked() { # standard input that never ends and never gives anything
    mkfifo never
    "$VIV" --timeout 0.2 eval 'Stdio stdin upToEnd' <>never
}
check_status "a time limit ends a world that reads" 124 blocked
check "a time limit that is not reached changes nothing" 7 "$VIV" --timeout 60 eval '3+4'
