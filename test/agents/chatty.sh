#!/bin/sh
# Reports its status ten times a second for as many tenths of a second as the first argument says, then succeeds.
read -r _request
i=0
while [ "$i" -lt "$1" ]; do
  i=$((i + 1))
  printf '{"pact":"status","status":"working","progress_percentage":%d}\n' $((i * 100 / $1))
  sleep 0.1
done
printf '{"pact":"result"}\n'
