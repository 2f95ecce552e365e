#!/usr/bin/env bash
# T09: runs go on until five hundred were killed while they accepted a thousand methods.
export JOURNAL_KILLS=500 JOURNAL_ACCEPTS=1000
exec bash "$(dirname "$0")/../../cli/journal.sh"
