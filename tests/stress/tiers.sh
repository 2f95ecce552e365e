#!/usr/bin/env bash
# Random methods agree where memory is collected at every poll and asserts are on; full collections, which verify everything, come less often.
export TIER_PROGRAMS=${TIER_PROGRAMS:-8} TIER_OPTIONS='--stress-full 20000'
exec bash "$(dirname "$0")/../cli/tiers.sh"
