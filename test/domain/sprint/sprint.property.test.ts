import fc from 'fast-check';
import { describe, it } from 'vitest';
import { createDriver } from './random-driver.ts';
import { actions, definitions } from './sprint-arbitrary.ts';

/** More runs on demand. A failure prints its seed, with which `PACT_PROPERTY_SEED` repeats it and looks for its shortest form: that takes minutes. */
const numRuns = Number(process.env['PACT_PROPERTY_RUNS'] ?? 800);
const seed = process.env['PACT_PROPERTY_SEED'];

describe('sprint, whatever the plan and whatever happens', () => {
  it('keeps its rules after every event and comes to an end', { timeout: 60_000 + 60 * numRuns }, () => {
    const property = fc.property(definitions, fc.nat({ max: 10 }), actions, (definition, startsAt, happenings) => {
      const driver = createDriver(definition);
      const [early, late] = [happenings.slice(0, startsAt % 3), happenings.slice(startsAt % 3)];
      for (const action of early) driver.act(action);
      driver.act({ kind: 'startAgain', pick: 0, other: 0, afterMs: 0 });
      for (const action of late) driver.act(action);
      driver.runToEnd();
    });
    fc.assert(property, { numRuns, ...(seed === undefined ? { endOnFailure: true } : { seed: Number(seed) }) });
  });
});
