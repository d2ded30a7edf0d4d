import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runDrill, type DrillRun } from '../../bench/chaos/drill.mjs';
import { findViolations } from '../../bench/chaos/evidence.mjs';
import { fixtureAgent } from '../support/engine.ts';

/** The short form, in which workflows continue as new all the time; `npm run chaos` kills ten workers and three servers. */
const KILLS = { workerKills: 3, serverKills: 1, continueAfterEvents: 25 };
const NONE = { workerKills: 0, serverKills: 0, continueAfterEvents: null };

test('chaos: a plan whose worker and server are killed at random ends as the calm run does, each task done once', async () => {
  const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
  console.log(`[chaos] CHAOS_SEED=${seed}`);
  const folder = await mkdtemp(join(tmpdir(), 'pact-chaos-'));
  const run = (name: string, kills: typeof KILLS | typeof NONE): Promise<DrillRun> =>
    runDrill({
      folder: join(folder, name),
      agentProgram: fixtureAgent('scripted.mjs'),
      size: 6,
      seed,
      ...kills,
      say: (line) => console.log(`[chaos] ${line}`),
    });
  try {
    const [calm, stormy] = await Promise.all([run('calm', NONE), run('stormy', KILLS)]);
    expect(findViolations(calm, null)).toEqual([]);
    expect(findViolations(stormy, calm)).toEqual([]);
    expect(stormy.runs).toBeGreaterThan(calm.runs);
    expect(stormy.kills.toSorted()).toEqual(['server', 'worker', 'worker', 'worker']);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}, 240_000);
