import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { agentFor, toPlanTasks } from './graph.mjs';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** How long the product's simulator says that the graph takes, in ms: `pact simulate`. */
export async function simulateMs({ tasks, slots }) {
  const folder = mkdtempSync(join(tmpdir(), 'pact-bench-simulation-'));
  try {
    const agents = [{ id: agentFor(slots), capacity: slots, adapter: { kind: 'command', run: ['node', '--version'] } }];
    const plan = { pact: 1, project: { name: 'Benchmark' }, sprints: [{ id: 'only', tasks: toPlanTasks(tasks, slots) }] };
    writeFileSync(join(folder, 'pact.config.json'), JSON.stringify({ agents }));
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
    const args = [program, 'simulate', 'plan.json', '--config', 'pact.config.json', '--runs', '1', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 28 });
    return JSON.parse(stdout).makespanMs.p50;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
