# Prints what nobody should print: bad UTF-8, half JSON, wrong fields, ids of others; and in between what counts.
import os, sys

out = sys.stdout.buffer
out.write(b'\xff\xfe\xc3\x28 \x80 broken\n')
out.write(b'{"pact":"status","current_task":"caf\xe9"}\r\n')
out.write(b'{"pact":"status","progress_percentage":\n')
out.write(b'{"pact":"dance"}\n{"no":"pact"}\n[1]\n{}\n')
out.write(b'{"pact":"status","agent_id":"somebody-else","progress_percentage":400,"status":"sleeping"}\n')
out.write(b'{"pact":"status","blocking_issues":"one","estimated_completion":"soon","outputs_ready":["code"]}\n')
out.write(b'{"pact":"message","to":"bob","priority":"urgent","kind":"note","body":{}}\n')
out.write(b'{"pact":"result","summary":"first","outputs":[{"deliverable":"code","path":"code.txt"}]}\n')
out.write(b'{"pact":"result","summary":"second"}\n{"pact":"status","progress_percentage":3}\n')
out.write(b'no line feed at the end')
out.flush()
