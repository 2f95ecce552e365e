#!/usr/bin/env bash
# T08: a hundred rounds of two writers.
export LOCK_ROUNDS=100
exec bash "$(dirname "$0")/../../cli/lock.sh"
