#!/usr/bin/env bash
# T09: five hundred kills while ten thousand methods are accepted.
export JOURNAL_KILLS=500 JOURNAL_ACCEPTS=10000
exec bash "$(dirname "$0")/../../cli/journal.sh"
