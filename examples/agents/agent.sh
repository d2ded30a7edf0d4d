#!/bin/sh
# A command agent in shell: copies its first input (or its own request) into its first deliverable.
set -eu
read -r request
say() { printf '%s\n' "$1"; }                        # stdout: protocol lines; everything else is log
field() { printf '%s' "$request" | sed -n "s/.*\"$1\":\[{\([^]]*\)}\].*/\1/p" | sed -n 's/.*"path":"\([^"]*\)".*/\1/p'; }

target=$(field deliverables)                         # relative to the working directory, which is the workspace
source=$(field inputs)                               # absolute
say '{"pact":"status","status":"working","current_task":"copying","progress_percentage":10}'
if [ -z "$target" ]; then
  say '{"pact":"error","type":"NoDeliverable","message":"The task declares no deliverable","retryable":false}'
  exit 1
fi
mkdir -p "$(dirname "$target")"
if [ -n "$source" ]; then cp -R "$source" "$target"; else printf '%s\n' "$request" > "$target"; fi
echo "wrote $target" >&2                             # stderr: log
say '{"pact":"status","progress_percentage":100}'
say '{"pact":"result","summary":"copied"}'
