#!/usr/bin/env bash
# T21: a thousand interrupts.
export INTERRUPTS=1000 INTERRUPT_SECONDS=1200
exec bash "$(dirname "$0")/../../cli/interrupt.sh"
