/** The agents that `pact init` writes, as program text. */

export const agentInventory = String.raw`
// Lists the files of the project, whose folder is the one above this file's. Reads the request from stdin, says how far
// it is on stdout, leaves its deliverable in the working directory.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const say = (line) => console.log(JSON.stringify(line));
const request = JSON.parse(readFileSync(0, 'utf8'));
const root = resolve(fileURLToPath(import.meta.url), '../..');
const skipped = new Set(['node_modules', '.git', '.pact', 'dist']);

function* filesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) yield { path: relative(root, path), size: statSync(path).size, type: extname(entry.name) || 'none' };
  }
}

say({ pact: 'status', status: 'working', current_task: 'reading ' + root, progress_percentage: 0 });
const files = [...filesIn(root)].sort((a, b) => (a.path < b.path ? -1 : 1));
const { path } = request.task.deliverables[0];
writeFileSync(path, JSON.stringify(files, null, 2) + '\n');
say({ pact: 'status', status: 'completed', progress_percentage: 100, outputs_ready: ['files'] });
say({ pact: 'result', summary: files.length + ' files' });
`.trimStart();

export const agentSummary = String.raw`
// Writes a page from the inventory that the task before has delivered: the request names its file in inputs.
import { readFileSync, writeFileSync } from 'node:fs';

const say = (line) => console.log(JSON.stringify(line));
const request = JSON.parse(readFileSync(0, 'utf8'));
const input = request.inputs.find(({ deliverable }) => deliverable === 'files');
const files = JSON.parse(readFileSync(input.path, 'utf8'));

say({ pact: 'status', status: 'working', current_task: 'counting ' + files.length + ' files', progress_percentage: 20 });
const types = new Map();
for (const { type, size } of files) {
  const { count, bytes } = types.get(type) ?? { count: 0, bytes: 0 };
  types.set(type, { count: count + 1, bytes: bytes + size });
}
const byBytes = [...types].sort(([, a], [, b]) => b.bytes - a.bytes);
const rows = byBytes.map(([type, { count, bytes }]) => '| ' + [type, count, bytes].join(' | ') + ' |');
const bySize = [...files].sort((a, b) => b.size - a.size);
const largest = bySize.slice(0, 5).map(({ path, size }) => '- ' + path + ': ' + size + ' bytes');
const total = files.reduce((sum, { size }) => sum + size, 0);
const head = ['# Files of the project', '', files.length + ' files, ' + total + ' bytes.', ''];
const table = ['| type | files | bytes |', '| --- | --- | --- |', ...rows];
const page = [...head, ...table, '', '## Largest', '', ...largest, ''].join('\n');
writeFileSync(request.task.deliverables[0].path, page);
say({ pact: 'result', summary: 'a page about ' + files.length + ' files' });
`.trimStart();
