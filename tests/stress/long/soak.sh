#!/usr/bin/env bash
# T07: a thousand generations of changing, saving and loading.
export SOAK_GENERATIONS=1000
exec bash "$(dirname "$0")/../../cli/soak.sh"
