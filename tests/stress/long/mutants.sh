#!/usr/bin/env bash
# The full programme of mutated images: 2,000 copies of the world, each refused or run (tests/unit/vm/mutated_worlds_test.c).
set -uo pipefail
CMOCKA_MESSAGE_OUTPUT=TAP MUTANTS=2000 "$ROOT/build/dev/unit/vm-mutated_worlds_test"
