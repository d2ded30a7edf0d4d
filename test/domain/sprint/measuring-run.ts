import type { Contingency, MeanwhileAction } from '../../../src/domain/emergencies/contingency.ts';
import type { EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import type { Task } from '../../../src/domain/plan/plan.ts';
import { chain, runWatched } from './emergency-run.ts';
import { agent, task, type GivenSprint } from './sprint-definition.ts';

/** One attempt only. */
export const once = { budget: { timeMs: null, attempts: 1 } };
export const lexer = (given: Parameters<typeof task>[1] = {}): Task => task('lexer', { agent: 'builder', ...once, ...given });
export const when = (cause: Contingency['when'], ...actions: Contingency['do'][number][]): Contingency => ({
  when: cause,
  do: actions,
});
export const escalated = { task: 'lexer', state: 'escalated' } as const;
export const agents = [agent('builder', { capacity: 9 }), agent('tester', { capacity: 9 }), agent('spare', { capacity: 9 })];
export const meanwhile = (...actions: MeanwhileAction[]): EscalationPolicy => ({ ...chain, meanwhile: actions });

/** A sprint in which `lexer` fails at once and people are asked. */
export function asking(given: Omit<GivenSprint, 'agents'> & Partial<Pick<GivenSprint, 'agents'>>) {
  const run = runWatched({ agents, escalation: chain, ...given });
  run.start();
  run.fail('lexer');
  const measures = () =>
    run.effects().flatMap((one) => (one.type === 'startProcedure' && one.kind === 'escalation' ? one.input.cause.measures : []));
  const inForce = () => Object.keys(run.state.emergencies?.contingencies ?? {});
  const heldIds = () => run.sprint.index.tasks.filter(({ id }) => run.runOf(id).isHeld).map(({ id }) => id);
  const say = (n = 1) =>
    run.happen({
      type: 'procedureSaid',
      kind: 'escalation',
      n,
      said: { type: 'asked', level: 1, people: [], via: [], deadline: run.now() + 60_000, otherwise: 'it fails' },
    });
  return { ...run, measures, inForce, heldIds, say };
}
