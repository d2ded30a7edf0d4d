# Asks one question, waits for its answer, ends with the answer as its summary.
import json, sys

def say(**line):
    print(json.dumps(line), flush=True)

request = json.loads(sys.stdin.readline())
say(pact='question', id='colour', text='Which colour?', options=['red', 'blue'])
for line in sys.stdin:
    heard = json.loads(line)
    if heard['pact'] == 'answer' and heard['id'] == 'colour':
        say(pact='status', progress_percentage=90)
        say(pact='result', summary='painted ' + heard['text'], usage={'tokens': 12, 'cost': 0.5})
        sys.exit(0)
    if heard['pact'] == 'wrap-up':
        open('wrapped-up', 'w').write(heard['reason'])
        sys.exit(0)
