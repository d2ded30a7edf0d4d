import { isFinal } from '../../../src/domain/sprint/state.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';
import { must } from './rule.ts';

/** Each conflict is mediated once, so many at most, and as long as it is open somebody is asked. */
export function checkConflicts({ definition, state }: Sprint): void {
  const { found = [], open = {} } = state.conflicts ?? {};
  must(found.length <= (definition.mediation?.limit ?? 0), () => `${found.length} conflicts were mediated`);
  must(new Set(found).size === found.length, () => `a conflict was mediated twice: ${found.join()}`);
  if (isFinal(state.phase)) return;
  const asked = new Set(Object.values(state.escalations).map(({ cause }) => cause.key));
  for (const key in open) must(asked.has(`conflict/${key}`), () => `nobody is asked about the conflict ${key}`);
}
