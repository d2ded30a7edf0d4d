#!/bin/sh
# argv: what to print (one line), then the exit code. Never reads its input.
printf '%s\n' "$1"
exit "$2"
