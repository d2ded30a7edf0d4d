import fc from 'fast-check';
import { describe, it } from 'vitest';
import { actions, preparations } from './execution-arbitrary.ts';
import { createDriver } from './execution-driver.ts';

/** More runs on demand; a failure prints its seed and path, which `PACT_PROPERTY_SEED` repeats. */
const numRuns = Number(process.env['PACT_PROPERTY_RUNS'] ?? 120);
const seed = process.env['PACT_PROPERTY_SEED'];

describe('execution, whatever the plan and whatever happens', () => {
  it('keeps its rules after every event and comes to an end', { timeout: 60_000 + 120 * numRuns }, () => {
    const property = fc.property(preparations, fc.nat({ max: 5 }), actions, (prepared, preparedAt, happenings) => {
      const driver = createDriver(prepared);
      for (const [place, action] of happenings.entries()) {
        if (place === preparedAt) driver.start();
        driver.act(action);
      }
      driver.runToEnd();
    });
    fc.assert(property, { numRuns, ...(seed === undefined ? { endOnFailure: true } : { seed: Number(seed) }) });
  });
});
