#!/usr/bin/env bash
# Words that make no sense are refused with one sentence and exit code 2; every command explains itself.
. "$(dirname "$0")/lib.sh"

check_match "help lists the commands" 0 '^viv run IMAGE' "$VIV" help
check_match "--help does the same" 0 '^viv build MANIFEST' "$VIV" --help
check_match "help says what exit codes mean" 0 'Exit codes: 0 ok' "$VIV" help
for command in eval script repl run test build info check save-as version help; do
    check_match "$command explains itself" 0 '^  --help ' "$VIV" "$command" --help
    check_match "help explains $command" 0 "^viv .*$command" "$VIV" help $command
done
check_match "a topic that is no command is refused" 2 'there is no command frobnicate' "$VIV" help frobnicate
check_match "a word that is neither command nor file is refused" 2 'frobnicate is neither a command nor a file' "$VIV" frobnicate
check_match "a missing script is refused" 2 'nofile.st cannot be read: No such file' "$VIV" nofile.st
check_match "an unknown option is refused" 2 'unknown option --frobnicate' "$VIV" --frobnicate
check_match "an unknown option of a command is refused" 2 'unknown option --frobnicate' "$VIV" info --frobnicate x
check_match "a size wants digits" 2 'option --heap-max wants a size such as 512M, not much' "$VIV" --heap-max much eval 1
check_match "a size may not overflow" 2 'option --heap-max wants a size' "$VIV" --heap-max 99999999999T eval 1
check_match "a timeout wants seconds" 2 'option --timeout wants seconds' "$VIV" --timeout soon eval 1
check_match "a count wants a number" 2 'option --stress-poll wants a number, not -1' "$VIV" --stress-poll -1 eval 1
check_match "an option wants its value" 2 'option --seed wants a number' "$VIV" --seed
check_match "a flag takes no value" 2 'option --quiet takes no value' "$VIV" --quiet=yes eval 1
check_match "eval wants an expression" 2 'eval wants an expression' "$VIV" eval
check_match "run wants an image" 2 'run wants an image' "$VIV" run
check_match "save-as wants two names" 2 'save-as wants an image and a new name' "$VIV" save-as one
check_match "info wants a file" 2 'info wants one file' "$VIV" info
check_match "repl takes no words" 2 'stray' "$VIV" repl stray
check_match "build wants its output" 2 'viv: build wants' "$VIV" build manifest

check_match "version prints one line" 0 '^Vivarium [0-9]+\.[0-9]+' "$VIV" version
check "version --json is JSON" "$("$VIV" version | cut -d' ' -f2)" \
    python3 -c 'import json, subprocess, sys; print(json.loads(subprocess.check_output([sys.argv[1], "version", "--json"]))["version"])' "$VIV"

check "complaints leave standard output alone" "" sh -c '"$0" frobnicate 2>/dev/null || true' "$VIV"

full_help() { "$VIV" help >/dev/full; }
check_match "help that cannot be written is a failure" 1 'standard output cannot be written' full_help
check_match "-h is --help" 0 '^viv test ' "$VIV" -h
check_match "for a command too" 0 'junit FILE' "$VIV" test -h

# G-12: the keys of the window are listed on the command line.
check_match "help keys lists the keys of the window" 0 'Ctrl\+B.* Browser +world\.openBrowser +G-09' "$VIV" help keys
check_match "those of one context" 0 'Ctrl\+D +Do it +text\.doIt +G-02' "$VIV" help keys text
check_match "a context that is not there" 2 'there is no context nowhere' "$VIV" help keys nowhere
check_match "open wants a sensible scale" 2 'option --scale wants a number from 0.5 to 4' "$VIV" open --scale nine
check_match "open takes a picture of a script only" 2 'option --screenshot goes with --script' "$VIV" open --screenshot a.png
