import { allItems } from '../../../src/domain/execution/inbox.ts';
import { planHash } from '../../../src/domain/plan/plan-hash.ts';
import { resolvePlan, type WorkerFacts } from '../../../src/domain/plan/resolved-plan.ts';
import type { Prepared } from '../../../src/domain/prepared.ts';
import { planOf, profile, roster, written } from '../plan/plan-fixture.ts';
import { approval, DAY, runExecution } from './execution-run.ts';

const facts: WorkerFacts = {
  agents: [profile('ann', { kind: 'human', capacity: 100 }), profile('builder', { capacity: 2, skills: ['build'] })],
  checks: [{ id: 'lint', digest: 'c'.repeat(64) }],
  channels: [],
  resources: [{ id: 'bench-machine', capacity: 2 }],
  authorization: { mode: 'named', approvers: ['ann', 'bo'], required: 1, expiresMs: DAY },
  policies: { heartbeatTimeoutMs: 10_000, killGraceMs: 1_000, notify: [] },
};

const sprints = [
  {
    id: 'core',
    agents: ['builder', 'ann'],
    tasks: [
      { id: 'lexer', agent: 'builder', estimate: '4h' },
      { id: 'parser', agent: 'builder', estimate: '2h', dependsOn: ['lexer'] },
      { id: 'manual', skills: ['build'], estimate: '1h' },
    ],
  },
  { id: 'later', dependsOn: ['core'], agents: ['builder'], tasks: [{ id: 'tests', agent: 'builder', estimate: '3h' }] },
];

export interface GivenAmendable {
  readonly plan?: object;
  readonly facts?: Partial<WorkerFacts>;
  readonly spare?: Partial<Prepared['spare']> | null;
}

/** What the worker knows beyond the plan. */
export const SPARE: NonNullable<Prepared['spare']> = {
  agents: [profile('builder'), profile('tester', { skills: ['test'], digest: 'e'.repeat(64) })],
  checks: [
    { id: 'lint', digest: 'c'.repeat(64) },
    { id: 'unit-tests', digest: 'f'.repeat(64) },
  ],
  resources: [{ id: 'bench-machine', capacity: 2 }],
  channels: ['ops'],
};

function toPrepared(given: GivenAmendable): Prepared {
  const resolved = resolvePlan(planOf(written({}, { sprints, ...given.plan }), roster), { ...facts, ...given.facts });
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
  return {
    resolved: resolved.value,
    planHash: planHash(resolved.value),
    readiness: [{ name: 'emergency stop', ok: true, detail: 'drilled' }],
    review: '# Review',
    elsewhere: {},
    ...(given.spare === null ? {} : { spare: { ...SPARE, ...given.spare } }),
    searchAttributes: false,
    continueAfterEvents: null,
  };
}

/** An execution of a resolved plan of ten hours of work, authorized: its sprint `core` is under way, `later` waits for that. */
export function runAmendable(given: GivenAmendable = {}) {
  const run = runExecution();
  const prepared = toPrepared(given);
  run.happen({ type: 'prepared', prepared });
  run.send('authorize', approval('ann', { planHash: prepared.planHash }));
  run.happen({ type: 'documented' });
  return {
    ...run,
    hash: () => run.state.prepared?.planHash,
    amend: (changes: readonly object[], more: object = {}) => run.send('amendPlan', { by: 'ann', changes, ...more }),
    decide: (by: string, how: object = {}) =>
      run.send('authorize', approval(by, { planHash: run.state.amendments?.pending?.revision.planHash, ...how })),
    letters: () =>
      run.effects().flatMap((effect) => (effect.type === 'amendSprint' ? [{ to: effect.sprintId, ...effect.letter }] : [])),
    taskIds: () => run.state.prepared?.resolved.plan.sprints.flatMap(({ tasks }) => tasks.map(({ id }) => id)),
    items: () => allItems(run.state),
    revisions: () => (run.state.amendments?.revisions ?? []).map(({ revision, state }) => `${revision} ${state}`),
  };
}

export const addTask = (sprint: string, id: string, task: object = {}): object => ({
  addTask: { sprint, task: { id, agent: 'builder', estimate: '1h', ...task } },
});
/** Five hours are more than a fifth of the ten that the plan has. */
export const addMuch = (id = 'rewrite', sprint = 'core'): object => addTask(sprint, id, { estimate: '5h' });
