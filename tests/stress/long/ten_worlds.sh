#!/usr/bin/env bash
# Ten worlds edited, killed and recovered for ten minutes, compared with a model that knows what was acknowledged.
exec python3 "$(dirname "$0")/ten_worlds.py" "${TEN_WORLDS_SECONDS:-600}"
