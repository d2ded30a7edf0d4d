import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LedgerEntry } from '../../src/domain/ledger.ts';
import { MAX_SEARCHES } from '../../src/domain/sprint/ordering.ts';
import { onePlan, openEngine, scriptedAgent, type Engine } from '../support/engine.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({ config: { agents: [scriptedAgent('worker', { capacity: 2 })] } });
});

afterAll(() => engine.close());

const works = (id: string, seconds: number, dependsOn: readonly string[] = []) => ({
  id,
  dependsOn,
  estimate: `${seconds}s`,
  input: { steps: [{ waitMs: seconds * 1_000 }] },
});

describe('a search for an order', () => {
  test('finds one that ends sooner than the longest path first, says so, and the agents work in it', async () => {
    // Longest first takes 3 + 2 + 2 s on two slots and leaves one idle at the end; 3 + 3 beside 2 + 2 + 2 does not.
    const rest = ['a3', 'b3', 'c2', 'd2', 'e2'].map((id) => works(id, Number(id[1]), ['first']));
    const execution = await engine.start(onePlan([works('first', 2), ...rest]));
    await execution.authorize();
    expect(await execution.result()).toMatchObject({ phase: 'completed' });

    const ledger = await readFile(join(engine.baseDir, '.pact/artifacts', execution.id, 'ledger.jsonl'), 'utf8');
    const entries = ledger
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LedgerEntry);
    const [chosen] = entries.filter(({ event }) => event === 'orderChosen');
    expect(chosen?.text).toMatch(
      /^order ".+" chosen: the rest simulated in (\S+) against (\S+) for longest path; \d+ orders tried$/,
    );
    const { simulatedMs, currentMs } = (chosen?.data ?? {}) as { simulatedMs: number; currentMs: number };
    expect(simulatedMs).toBeLessThan(currentMs);

    // By the times that the tasks really took, so that a slow machine does not matter: 7 of 12 by the longest path, 6 of 12 at best.
    const done = (await execution.tasks()).filter(({ id }) => id !== 'first');
    const [starts, ends] = [
      done.map(({ startedAt }) => Date.parse(startedAt ?? '')),
      done.map(({ endedAt }) => Date.parse(endedAt ?? '')),
    ];
    const workMs = done.reduce((sum, { actualMs }) => sum + (actualMs ?? 0), 0);
    expect((Math.max(...ends) - Math.min(...starts)) / workMs).toBeLessThan(0.55);

    const { events } = await execution.sprint('only').fetchHistory();
    const types = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
    // On a slow machine times depart from the estimates, and a search is made again.
    const searches = types.filter((type) => type === 'planOrder').length;
    expect(searches).toBeGreaterThanOrEqual(1);
    expect(searches).toBeLessThanOrEqual(MAX_SEARCHES);
  });
});
