// The chaos drill, long form: a plan of 25 tasks while its worker is killed ten times and its server three times, held against
// a calm run. node bench/chaos.mjs [--seed n] [--worker-kills n] [--server-kills n] [--continue-after-events n]: prints a table, exits 1 on
// a violation. With the last option the workflows of the second run continue as new after so many events, so that kills hit that, too.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runDrill } from './chaos/drill.mjs';
import { findViolations } from './chaos/evidence.mjs';

const options = {
  seed: { type: 'string' },
  'worker-kills': { type: 'string', default: '10' },
  'server-kills': { type: 'string', default: '3' },
  'continue-after-events': { type: 'string' },
};
const { values } = parseArgs({ options });
const continueAfterEvents = Number(values['continue-after-events'] ?? 0) || null;
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const folder = mkdtempSync(join(tmpdir(), 'pact-chaos-'));
const agentProgram = fileURLToPath(new URL('../test/agents/scripted.mjs', import.meta.url));
const say = (line) => process.stdout.write(`${line}\n`);

const drill = { agentProgram, size: 13, seed };
const calm = await runDrill({ ...drill, folder: join(folder, 'calm'), workerKills: 0, serverKills: 0, say });
say(`calm run: ${calm.seconds.toFixed(1)} s. Now the same with kills, seed ${seed}:`);
const kills = { workerKills: Number(values['worker-kills']), serverKills: Number(values['server-kills']) };
const stormy = await runDrill({
  ...drill,
  ...kills,
  continueAfterEvents,
  folder: join(folder, 'stormy'),
  say: (line) => say(`  ${line}`),
});
const violations = [...findViolations(calm, null).map((text) => `calm: ${text}`), ...findViolations(stormy, calm)];

const count = (run, target) => run.kills.filter((one) => one === target).length;
const attempts = ({ report }) => report.tasks.reduce((sum, task) => sum + task.attempts, 0);
const rows = [
  ['', 'calm', 'with kills'],
  ['phase', calm.phase, stormy.phase],
  ['seconds', calm.seconds.toFixed(1), stormy.seconds.toFixed(1)],
  ['runs of its workflows', calm.runs, stormy.runs],
  ['workers killed', count(calm, 'worker'), count(stormy, 'worker')],
  ['servers killed', count(calm, 'server'), count(stormy, 'server')],
  ['attempts for 25 tasks', attempts(calm), attempts(stormy)],
  ['ledger entries', calm.ledger.length, stormy.ledger.length],
  ['longest an agent outlived its worker, ms', '', Math.max(0, ...stormy.outlivedMs)],
];
for (const [name, ...cells] of rows) say(`${String(name).padEnd(42)}${cells.map((cell) => String(cell).padStart(12)).join('')}`);
for (const violation of violations) say(`VIOLATED: ${violation}`);
say(
  violations.length === 0
    ? 'Everything that must hold held.'
    : `${violations.length} violations; seed ${seed}; left for a look: ${folder}`,
);
if (violations.length === 0) rmSync(folder, { recursive: true, force: true });
process.exitCode = violations.length === 0 ? 0 : 1;
