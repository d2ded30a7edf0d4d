// Measures what the project promises: `npm run bench -- [--short] [--only NAME] [--json FILE] [--rounds N] [--seed N] [--instances DIR]`.
// Prints a table, writes bench/results/<date>.json, exits 1 when a figure misses its limit. See README.md beside this file.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, describeVersions } from './machine.mjs';
import { NotInstalled } from './not-installed.mjs';
import { atLeast, brokenRow, skippedRow } from './rows.mjs';
import { openBenchServer } from './server.mjs';
import { toTable } from './table.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const say = (line) => process.stderr.write(`${line}\n`);

/** In the order in which they run. Each answers with rows; see rows.mjs. */
const sections = {
  core: benchCore,
  noop: async (context) => (await import('./noop.mjs')).benchNoop(context),
  large: async (context) => (await import('./large.mjs')).benchLarge(context),
  'worker-start': async (context) => (await import('./worker-start.mjs')).benchWorkerStart(context),
  stop: async (context) => (await import('./stop.mjs')).benchStop(context),
  traces: async (context) => (await import('./traces.mjs')).benchTraces(context),
  recovery: async (context) => (await import('./recovery.mjs')).benchRecovery(context),
  economy: async (context) => (await import('./economy.mjs')).benchEconomy(context),
  flood: async (context) => (await import('./flood.mjs')).benchFlood(context),
  messages: async (context) => (await import('./messages.mjs')).benchMessages(context),
  reallocation: async (context) => (await import('./reallocation.mjs')).benchReallocation(context),
  control: async (context) => (await import('./control.mjs')).benchControl(context),
  peers: async (context) => (await import('./peers.mjs')).benchPeers(context),
  production: async (context) => (await import('./production.mjs')).benchProduction(context),
};

/** Sections that need no server. */
const SERVERLESS = new Set(['core', 'traces']);
const NO_SERVER = { description: 'none', stop: async () => {} };

/** The state machine alone, without a server. */
async function benchCore({ isShort }) {
  const path = join(here, 'core.mjs');
  if (!existsSync(path)) return [];
  const { benchCore: run } = await import(path);
  const results = await run();
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  const overall = Math.round(sum('events') / sum('seconds'));
  const unit = 'events/s';
  return [
    atLeast({ name: 'core alone, all three plans', unit, samples: [overall], required: 200_000, shortLimit: 5_000 }, isShort),
    ...results.map(({ name, eventsPerSecond }) =>
      atLeast({ name: `core alone: ${name}`, unit, samples: [eventsPerSecond], required: null }, isShort),
    ),
  ];
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      rounds: { type: 'string' },
      seed: { type: 'string' },
      instances: { type: 'string' },
    },
  });
  const toCount = (name) => {
    if (values[name] === undefined) return null;
    const number = Number(values[name]);
    if (Number.isInteger(number) && number >= 1) return number;
    throw new Error(`--${name}: expected a whole number from 1, got "${values[name]}"`);
  };
  const names = values.only === undefined ? Object.keys(sections) : values.only.split(',');
  const unknown = names.filter((name) => !(name in sections));
  if (unknown.length > 0)
    throw new Error(`--only: expected some of ${Object.keys(sections).join(', ')}, got "${unknown.join(',')}"`);
  const file = values.json ?? join(here, 'results', `${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`);
  return {
    isShort: values.short,
    names,
    file,
    rounds: toCount('rounds'),
    seed: toCount('seed') ?? (Date.now() % 1_000_000) + 1,
    instances: values.instances ?? null,
    // Who asks for a section by name wants what it needs; nobody else's machine gets anything installed.
    mayInstall: values.only !== undefined && !values.short,
  };
}

/** A section that cannot be carried out is a row that is not ok, and the others still count. */
async function runSection(name, context) {
  try {
    return (await sections[name](context)).map((row) => ({ section: name, ...row }));
  } catch (error) {
    if (error instanceof NotInstalled) {
      say(`  skipped: ${error.message}`);
      return [{ section: name, ...skippedRow(name, error.message) }];
    }
    say(`  ${error.stack ?? error}`);
    return [{ section: name, ...brokenRow(name, error) }];
  }
}

/** One folder for everything temporary, which goes with this process; the servers end with it, too. Others' accounts may pass through it. */
function keepTemporaryTogether() {
  const folder = mkdtempSync(join(tmpdir(), 'pact-bench-run-'));
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
}

async function main() {
  const { names, file, ...options } = readOptions();
  const { isShort, seed } = options;
  keepTemporaryTogether();
  const startedAt = new Date().toISOString();
  const server = names.every((name) => SERVERLESS.has(name)) ? NO_SERVER : await openBenchServer(say);
  const rows = [];
  const details = {};
  try {
    for (const name of names) {
      say(`\n${name}${isShort ? ' (short)' : ''}, load ${describeMachine().load.join(' ')}`);
      const context = { ...options, server, say, detail: (key, value) => (details[`${name}.${key}`] = value) };
      const sectionStartedAt = performance.now();
      rows.push(...(await runSection(name, context)));
      details[`${name}.seconds`] = Math.round(performance.now() - sectionStartedAt) / 1_000;
    }
  } finally {
    await server.stop();
  }
  const machine = describeMachine();
  const versions = { ...describeVersions(), server: server.description };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ startedAt, isShort, seed, machine, versions, rows, details }, null, 2)}\n`);
  process.stdout.write(`\n${toTable(rows)}\n\n${machine.cpu}, ${machine.cores} cores, seed ${seed}, results in ${file}\n`);
  process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
}

await main();
