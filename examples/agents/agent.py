#!/usr/bin/env python3
"""A command agent in Python that may ask: writes a greeting into its deliverable (config: `input: stream`)."""
import json, os, sys

def say(kind, **fields):
    print(json.dumps({"pact": kind, **fields}), flush=True)

request = json.loads(sys.stdin.readline())
task = request["task"]
name = task["input"].get("name")
if name is None:
    say("question", id="name", text="Whom shall I greet?", options=["world", "team"])
    for line in sys.stdin:
        heard = json.loads(line)
        if heard["pact"] == "answer" and heard["id"] == "name":
            name = heard["text"]
            break
        if heard["pact"] == "wrap-up":
            sys.exit(1)
say("status", status="working", current_task=f"greeting {name}", progress_percentage=50)
for deliverable in task["deliverables"]:
    os.makedirs(os.path.dirname(deliverable["path"]) or ".", exist_ok=True)
    with open(deliverable["path"], "w") as file:
        file.write(f"Hello, {name}!\n")
say("result", summary=f"greeted {name}", outputs=[{"deliverable": d["id"], "path": d["path"]} for d in task["deliverables"]])
