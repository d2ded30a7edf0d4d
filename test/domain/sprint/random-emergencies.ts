import fc from 'fast-check';
import type {
  Contingency,
  ContingencyAction,
  ContingencyCause,
  MeanwhileAction,
} from '../../../src/domain/emergencies/contingency.ts';
import { PROBE_NEWS, type ProbeTarget } from '../../../src/domain/emergencies/probe.ts';
import type { SprintDefinition } from '../../../src/domain/sprint/definition.ts';
import { limitOf } from '../../../src/domain/sprint/emergency-state.ts';
import type { SprintEffect, SprintEvent } from '../../../src/domain/sprint/events.ts';
import { needsOf } from '../../../src/domain/sprint/leases.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';
import { must } from './rule.ts';

export const DEPENDENCY_IDS = ['mail', 'constructor'];
const RESOURCES = ['bench', 'constructor', 'gpu'];
const breaker = { failures: 2, openForMs: 5_000 };
const TARGETS: readonly ProbeTarget[] = [
  ...RESOURCES.map((id) => ({ kind: 'resource' as const, id, digest: 'd' })),
  ...DEPENDENCY_IDS.map((id) => ({ kind: 'dependency' as const, id, digest: 'd', breaker })),
];

type Watchful = Pick<SprintDefinition, 'watched' | 'contingencies' | 'quality' | 'supervision'>;

/** What a chain may have done while somebody is asked. */
export const meanwhileAction: fc.Arbitrary<MeanwhileAction> = fc.oneof(
  fc.constantFrom('urgent' as const, 'low' as const).map((priority) => ({ priority })),
  fc.constant({ notify: ['ops'] }),
  fc.constant({ pause: true as const }),
  fc.integer({ min: 1, max: 3 }).map((concurrency) => ({ concurrency })),
  fc.constant({ hold: true as const }),
);

/** As the rules of plans have it: what waits for people is not named, and what is held starts some day. */
function toValid({ when, tasks, do: actions }: Contingency): Contingency {
  const named = 'task' in when ? tasks?.filter((id) => id !== when.task) : tasks;
  const isOfEscalation = 'task' in when;
  const mayHold = isOfEscalation || (named !== undefined && !('sprint' in when));
  const kept = actions.filter(
    (action) => !('hold' in action && !mayHold) && !('skip' in action && isOfEscalation && named === undefined),
  );
  const pause = { pause: true as const };
  return { when, ...(named ? { tasks: named } : {}), do: kept.length === 0 ? [pause] : kept };
}

/** What goes wrong around the work, and what the plan foresees; in half of the sprints nothing. */
export const watchful = (agentIds: readonly string[], taskIds: readonly string[]): fc.Arbitrary<Watchful> => {
  const cause: fc.Arbitrary<ContingencyCause> = fc.oneof(
    fc.constantFrom(...RESOURCES).map((resource) => ({ resource, state: 'failed' as const })),
    fc.constantFrom(...DEPENDENCY_IDS).map((dependency) => ({ dependency, state: 'down' as const })),
    fc.constantFrom(...agentIds).map((agent) => ({ agent, state: 'unavailable' as const })),
    fc.constant({ sprint: 'core', state: 'late' as const }),
    fc.constantFrom(...taskIds).map((task) => ({ task, state: 'escalated' as const })),
  );
  const action: fc.Arbitrary<ContingencyAction> = fc.oneof(
    fc.constantFrom(...agentIds).map((useAgent) => ({ useAgent })),
    fc.constantFrom('licence', 'gpu').map((useResource) => ({ useResource })),
    fc.constant({ skip: true as const }),
    meanwhileAction,
    meanwhileAction,
  );
  const contingency: fc.Arbitrary<Contingency> = fc
    .record({
      when: cause,
      tasks: fc.option(fc.uniqueArray(fc.constantFrom(...taskIds)), { nil: undefined }),
      do: fc.array(action, { minLength: 1, maxLength: 2 }),
    })
    .map(({ tasks, ...rest }) => toValid(tasks ? { tasks, ...rest } : rest));
  const quality = fc.record({
    failures: fc.integer({ min: 1, max: 3 }),
    withinMs: fc.constant(60_000),
    measure: fc.constant('throttle' as const),
  });
  const supervision = fc.record({
    agentFailures: fc.constant(2),
    restForMs: fc.constant(5_000),
    pickUpWithinMs: fc.constant(1_000),
  });
  const some = fc.record(
    { contingencies: fc.array(contingency, { minLength: 1, maxLength: 3 }), quality, supervision },
    { requiredKeys: [] },
  );
  const none: Watchful = {};
  return fc.oneof(
    fc.constant(none),
    some.map((chosen) => ({ ...chosen, watched: { queue: 'q', targets: TARGETS } })),
  );
};

/** A probe shows something, whatever it showed before. */
export function toProbeEvent(at: number, pick: number, other: number): SprintEvent {
  const { kind, id } = TARGETS[pick % TARGETS.length] as ProbeTarget;
  const news = PROBE_NEWS[other % PROBE_NEWS.length] as (typeof PROBE_NEWS)[number];
  return {
    type: 'probesChanged',
    at,
    changes: [{ kind, id, news, evidence: { command: [], exitCode: 1, detail: '', tail: '' } }],
  };
}

/** Everything that is probed works. */
export const toMended = (at: number): SprintEvent => ({
  type: 'probesChanged',
  at,
  changes: TARGETS.map(({ kind, id }) => ({
    kind,
    id,
    news: 'up',
    evidence: { command: [], exitCode: 0, detail: '', tail: '' },
  })),
});

/** Whether what it needs is there, and has not more users already than a trial takes. */
export const isServed = (sprint: Sprint, task: number): boolean =>
  needsOf(sprint, task).every(({ resource }) => {
    const limit = limitOf(sprint.state, sprint.index.resourceIds[resource] as string);
    return limit === null || (sprint.state.resources[resource]?.count ?? 0) < limit;
  });

/** Nothing starts that needs what has failed, and nothing is left to be acted on. */
export function checkEmergencies({ index, state, ...sprint }: Sprint, effects: readonly SprintEffect[]): void {
  must((state.emergencies?.heard.length ?? 0) === 0 || state.phase === 'completed', () => 'what was heard has been acted on');
  for (const [number, { limit }] of state.resources.entries())
    must(
      (limit ?? null) === limitOf(state, index.resourceIds[number] as string),
      () => `the limit of resource ${number} is right`,
    );
  for (const effect of effects) {
    if (effect.type !== 'perform') continue;
    const { id } = effect.input.task;
    for (const { resource } of needsOf({ index, state, ...sprint }, index.taskNumber.get(id) as number)) {
      const resourceId = index.resourceIds[resource] as string;
      must(limitOf(state, resourceId) !== 0, () => `"${id}" has been started although ${resourceId} has failed`);
    }
  }
}
