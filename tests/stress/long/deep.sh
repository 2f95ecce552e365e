#!/usr/bin/env bash
# T20: ten million frames. The blocks of ensure: take 6 GB; with less memory there are a million of them.
export DEEP_FRAMES=10000000 DEEP_SECONDS=300
[ "$(awk '/MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)" -ge 8 ] || export DEEP_FRAMES=1000000
exec bash "$(dirname "$0")/../../cli/deep.sh"
