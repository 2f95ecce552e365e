#!/usr/bin/env bash
# A day's work at 200 per cent.
export SCALE=2
exec bash "$(dirname "$0")/day.sh"
