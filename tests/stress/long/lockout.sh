#!/usr/bin/env bash
# T22: all sabotages, at the prompt and in windows, each in a process of its own.
export LOCKOUTS=100
exec bash "$(dirname "$0")/../../cli/lockout.sh"
