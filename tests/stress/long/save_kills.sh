#!/usr/bin/env bash
# T01: a thousand kills while images are saved.
export SAVE_KILLS=1000
exec bash "$(dirname "$0")/../../cli/save_kills.sh"
