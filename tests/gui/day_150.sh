#!/usr/bin/env bash
# A day's work at 150 per cent.
export SCALE=1.5
exec bash "$(dirname "$0")/day.sh"
