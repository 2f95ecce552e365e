#!/usr/bin/env bash
# Interpreter and compiled code agree on 104,000 random methods: half of them of source, half of bytecodes.
export TIER_PROGRAMS=4000 TIER_FROM=1000
exec bash "$(dirname "$0")/../../cli/tiers.sh"
