import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSprint } from '../../../src/domain/sprint/create-sprint.ts';
import { remainingBoundMs } from '../../../src/domain/sprint/forecast.ts';
import type { SprintDefinition } from '../../../src/domain/sprint/definition.ts';
import { wholeBoundMs } from '../../../src/domain/sprint/whole-bound.ts';
import { definitions } from './sprint-arbitrary.ts';

test('the bound of a whole sprint is that of the sprint before its start, for any definition', () => {
  const check = (definition: SprintDefinition): void => {
    expect(wholeBoundMs(definition)).toBe(remainingBoundMs(createSprint(definition, 0)));
  };
  fc.assert(fc.property(definitions, check), { numRuns: 100 });
});
