#!/usr/bin/env bash
# Random methods agree where memory is collected at every poll and asserts are on.
export TIER_PROGRAMS=${TIER_PROGRAMS:-16}
exec bash "$(dirname "$0")/../cli/tiers.sh"
