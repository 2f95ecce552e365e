#!/usr/bin/env bash
# T01: saves go on until a thousand of them were killed.
export SAVE_KILLS=1000
exec bash "$(dirname "$0")/../../cli/save_kills.sh"
