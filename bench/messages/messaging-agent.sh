#!/bin/sh
# An agent that says COUNT urgent messages to the next of AGENTS tasks, one every two seconds from the moment that FOLDER/go is there, and ends when
# it has heard as many. Writes "sent received" (Unix ns) of each to FOLDER/<its number>.
folder=$1 agents=$2 count=$3
read -r request
me=$(printf '%s' "$request" | sed -n 's/.*"task":{"id":"task-\([0-9]*\)".*/\1/p')
next=$(((me + 1) % agents))
(
  until [ -e "$folder/go" ]; do sleep 0.5; done
  sleep "$(awk "BEGIN { print $me * 2 / $agents }")"
  said=0
  while [ "$said" -lt "$count" ]; do
    said=$((said + 1))
    printf '{"pact":"message","to":"task:task-%d","priority":"urgent","body":{"n":%d,"ns":"%s"}}\n' "$next" "$said" "$(date +%s%N)"
    sleep 2
  done
) </dev/null &
heard=0
while [ "$heard" -lt "$count" ] && read -r line; do
  case $line in *'"ns":"'*) ;; *) continue ;; esac
  now=$(date +%s%N)
  sent=${line#*\"ns\":\"}
  printf '%s %s\n' "${sent%%\"*}" "$now" >> "$folder/$me"
  heard=$((heard + 1))
done
wait
