#!/bin/sh
# Ignores TERM; its children are a sleep in the group and one in a session of its own.
trap '' TERM
sleep 600 &
in_group=$!
setsid sleep 600 &
printf '[%s,%s,%s]' $$ $in_group $! > pids.new && mv pids.new pids
echo 'all up'
while :; do wait; done
