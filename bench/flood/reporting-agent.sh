#!/bin/sh
# Reports its progress every second, in 300 steps.
read -r request
step=0
while [ "$step" -lt 300 ]; do
  echo "{\"pact\":\"status\",\"status\":\"working\",\"current_task\":\"step $step\",\"progress_percentage\":$((step / 3))}"
  step=$((step + 1))
  sleep 1
done
echo '{"pact":"result","summary":"reported"}'
