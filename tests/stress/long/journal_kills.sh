#!/usr/bin/env bash
# T09: five hundred kills, each while a thousand methods are accepted.
export JOURNAL_KILLS=500 JOURNAL_ACCEPTS=1000
exec bash "$(dirname "$0")/../../cli/journal.sh"
