#!/usr/bin/env bash
# Every single request for C memory fails, once and for good.
export MEMORY_FAULTS=1
exec bash "$(dirname "$0")/../../cli/memory_faults.sh"
