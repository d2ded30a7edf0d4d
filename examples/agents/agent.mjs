// A command agent in JavaScript: counts the words of each input file and writes them as JSON into its deliverable.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';

const say = (kind, fields) => console.log(JSON.stringify({ pact: kind, ...fields }));
const { task, inputs } = JSON.parse(await text(process.stdin));
const [deliverable] = task.deliverables;
if (deliverable === undefined) {
  say('error', { type: 'NoDeliverable', message: 'The task declares no deliverable', retryable: false });
  process.exit(1);
}
const counts = {};
for (const [index, { path }] of inputs.entries()) {
  counts[path] = (await readFile(path, 'utf8')).split(/\s+/).filter((word) => word !== '').length;
  say('status', { current_task: `counted ${path}`, progress_percentage: (100 * (index + 1)) / inputs.length });
}
await mkdir(dirname(deliverable.path), { recursive: true });
await writeFile(deliverable.path, JSON.stringify(counts, null, 2));
say('status', { outputs_ready: [deliverable.id] });
say('result', { summary: `${inputs.length} files counted`, outputs: [{ deliverable: deliverable.id, path: deliverable.path }] });
