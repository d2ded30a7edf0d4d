import fc from 'fast-check';
import type { MediationPolicy } from '../../../src/domain/mediation/policy.ts';
import { DEPENDENCY_IDS, meanwhileAction, watchful } from './random-emergencies.ts';
import { TRIGGERS, type ReallocationPolicy } from '../../../src/domain/reallocation/policy.ts';
import { SILENT_ENDS, type EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import type { Condition } from '../../../src/domain/plan/plan.ts';
import type { SprintDefinition } from '../../../src/domain/sprint/definition.ts';
import { agent, START, task, toDefinition } from './sprint-definition.ts';

/** Ids that records inherit are among those in use: they must be like any other. */
const TASK_IDS = ['constructor', 'toString', ...Array.from({ length: 60 }, (_, number) => `t${number}`)];
const AGENT_IDS = ['constructor', 'ann', 'bo', 'builder', 'tester', 'valueOf'];
const RESOURCE_IDS = ['bench', 'constructor', 'gpu', 'licence'];
const PATHS = ['.', 'docs', 'docs/api', 'src', 'src/a', 'src/a/x', 'src/ab', 'src/b'];
const SKILLS = ['build', 'review', 'test'];

const some = <T>(items: readonly T[], maxLength: number) => fc.uniqueArray(fc.constantFrom(...items), { maxLength });

const condition = (tasks: readonly string[], checkpoints: readonly string[]): fc.Arbitrary<Condition> =>
  fc.letrec<{ condition: Condition; leaf: Condition }>((tie) => ({
    leaf: fc.oneof(
      fc.record({ task: fc.constantFrom(...tasks), reached: fc.constantFrom('finished', 'failed', 'started') }),
      fc.record({ deliverable: fc.constantFrom('out', 'other'), of: fc.constantFrom(...tasks) }),
      ...(checkpoints.length === 0 ? [] : [fc.record({ checkpoint: fc.constantFrom(...checkpoints) })]),
      fc.record({ metric: fc.constantFrom('error_rate', 'overall_progress'), above: fc.integer({ min: 0, max: 90 }) }),
      fc.record({ metric: fc.constantFrom('error_rate', 'overall_progress'), below: fc.integer({ min: 10, max: 100 }) }),
      fc.record({ message: fc.constantFrom('request', 'notice', 'announcement') }),
      fc.record({ message: fc.constant('notice'), from: fc.constantFrom(...AGENT_IDS) }),
      fc.record({ afterMs: fc.integer({ min: 1, max: 600_000 }) }),
      fc.integer({ min: -60_000, max: 600_000 }).map((ms) => ({ at: new Date(START + ms).toISOString() })),
    ) as fc.Arbitrary<Condition>,
    condition: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      tie('leaf'),
      fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    ) as fc.Arbitrary<Condition>,
  })).condition;

const roster = fc
  .uniqueArray(
    fc.record({
      id: fc.constantFrom(...AGENT_IDS),
      isHuman: fc.boolean(),
      isListening: fc.boolean(),
      isAsked: fc.boolean(),
      capacity: fc.integer({ min: 1, max: 4 }),
      skills: some(SKILLS, 3),
      otherwise: fc.constantFrom('fail', 'skip'),
    }),
    { minLength: 1, maxLength: 5, selector: ({ id }) => id },
  )
  .map((agents) =>
    agents
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, isHuman, isListening, isAsked, capacity, skills, otherwise }) =>
        agent(id, {
          capacity,
          skills,
          ...(isAsked && !isHuman ? { answers: ['offer'] as const } : {}),
          ...(isListening && !isHuman ? { input: 'stream' as const } : {}),
          ...(isHuman
            ? { kind: 'human', human: { people: [id], withinMs: 600_000, otherwise: otherwise as 'fail' | 'skip' } }
            : {}),
        }),
      ),
  );

/** What tasks need; a plan draws from a few of these, so that many of its tasks want the same. */
const needs = fc.record({
  paths: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some(PATHS, 2) }),
  resources: fc.uniqueArray(fc.record({ id: fc.constantFrom(...RESOURCE_IDS), mode: fc.constantFrom('exclusive', 'shared') }), {
    maxLength: 3,
    selector: ({ id }) => id,
  }),
});

const level = fc.record({
  to: some(['ann', 'bo', 'board'], 2),
  via: fc.constant([]),
  withinMs: fc.integer({ min: 0, max: 100_000 }),
});
const chain: fc.Arbitrary<EscalationPolicy> = fc.record(
  {
    levels: fc.array(level, { minLength: 1, maxLength: 3 }),
    otherwise: fc.constantFrom(...SILENT_ENDS),
    alerts: fc.constantFrom(
      [],
      [
        { kind: 'timeline' as const, afterMs: 5_000 },
        { kind: 'resource' as const, afterMs: 1 },
      ],
    ),
    meanwhile: fc.array(meanwhileAction, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['levels', 'otherwise', 'alerts'] },
);

/** Small limits, so that many are reached; in about half of the sprints there are none. */
const limits = fc
  .tuple(
    fc.record(
      {
        tokens: fc.integer({ min: 1, max: 200 }),
        cost: fc.integer({ min: 1, max: 20 }),
        timeMs: fc.integer({ min: 1_000, max: 200_000 }),
        attempts: fc.integer({ min: 1, max: 15 }),
      },
      { requiredKeys: [] },
    ),
    fc.nat({ max: 5 }),
  )
  .map(([budget, asks]) => (asks === 0 ? { ...budget, ask: false as const } : budget));
const budgetSeed = fc.record({
  plan: fc.option(limits),
  sprint: fc.option(limits),
  agents: fc.array(fc.option(limits), { minLength: 5, maxLength: 5 }),
  tasks: fc.array(
    fc.record(
      { tokens: fc.integer({ min: 1, max: 200 }), cost: fc.integer({ min: 1, max: 20 }), ask: fc.boolean() },
      { requiredKeys: [] },
    ),
    { minLength: 1, maxLength: 8 },
  ),
});
const policy: fc.Arbitrary<ReallocationPolicy> = fc.record({
  on: fc.oneof(fc.constant([...TRIGGERS]), fc.uniqueArray(fc.constantFrom(...TRIGGERS), { minLength: 1 })),
  factor: fc.constantFrom(1, 2),
  blockedForMs: fc.integer({ min: 1, max: 50_000 }),
  limit: fc.integer({ min: 1, max: 3 }),
  backoffMs: fc.integer({ min: 0, max: 20_000 }),
  negotiateWithinMs: fc.integer({ min: 1, max: 20_000 }),
  wrapUpWithinMs: fc.constant(1_000),
  acknowledgeWithinMs: fc.integer({ min: 1, max: 50_000 }),
});

const mediation: fc.Arbitrary<MediationPolicy> = fc.record({
  to: fc.constantFrom(['ann'], []),
  withinMs: fc.integer({ min: 1, max: 60_000 }),
  limit: fc.integer({ min: 1, max: 6 }),
});

const taskSeed = fc.record({
  before: fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat({ max: 59 }), { maxLength: 3 })),
  agent: fc.option(fc.nat({ max: 9 }), { freq: 2 }),
  skills: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some(SKILLS, 1) }),
  estimateMs: fc.option(fc.integer({ min: 1, max: 100_000 })),
  priority: fc.constantFrom('urgent', 'high', 'normal', 'low'),
  needs: fc.nat({ max: 59 }),
  attempts: fc.integer({ min: 1, max: 4 }),
  timeMs: fc.option(fc.integer({ min: 1_000, max: 100_000 })),
});

const optional = <K extends string, T>(key: K, value: T | null | undefined): { [key in K]?: T } =>
  (value === null || value === undefined ? {} : { [key]: value }) as { [key in K]?: T };

/** A sprint as validation would pass it: a graph without cycles, known ids; skills that nobody has are possible. */
export const definitions: fc.Arbitrary<SprintDefinition> = fc
  .record({
    agents: roster,
    seeds: fc.array(taskSeed, { minLength: 1, maxLength: 60 }),
    wishes: fc.array(needs, { minLength: 1, maxLength: 6 }),
    capacities: fc.dictionary(fc.constantFrom(...RESOURCE_IDS), fc.integer({ min: 1, max: 3 }), { noNullPrototype: true }),
    durationMs: fc.option(fc.integer({ min: 1_000, max: 600_000 })),
    escalation: fc.option(chain, { nil: undefined }),
    budgets: fc.option(budgetSeed, { freq: 2 }),
    onCancel: fc.constantFrom(undefined, 'compensate' as const),
    reallocation: fc.option(policy, { nil: undefined }),
    mediation: fc.option(mediation, { nil: undefined }),
  })
  .chain(({ agents: bare, budgets, seeds, wishes, capacities, durationMs, escalation, onCancel, reallocation, mediation }) => {
    const agents = bare.map((one, number) => ({ ...one, ...optional('budget', budgets?.agents[number]) }));
    const ids = seeds.map((_, number) => TASK_IDS[number] as string);
    const tasks = seeds.map(({ before, agent: named, needs: wish, attempts, timeMs, ...rest }, number) =>
      task(ids[number] as string, {
        ...rest,
        ...wishes[wish % wishes.length],
        agent: named === null ? null : (agents[named % agents.length]?.id ?? null),
        dependsOn: [...new Set(before.filter((other) => other < number))].map((other) => ids[other] as string),
        deliverables: [{ id: 'out', path: 'out' }],
        budget: { attempts, timeMs, ...budgets?.tasks[number % budgets.tasks.length] },
        ...(wish % 3 === 0 ? { needs: [DEPENDENCY_IDS[wish % 2] as string] } : {}),
        ...(attempts % 2 === 0 ? { compensation: { check: 'undo' } } : {}),
      }),
    );
    const agentIds = agents.map(({ id }) => id);
    const checkpoint = fc.record({
      after: fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 4 }),
      agents: fc.uniqueArray(fc.constantFrom(...agentIds), { minLength: 1 }),
    });
    return fc.array(checkpoint, { maxLength: 3 }).chain((list) => {
      const checkpoints = list.map((one, number) => ({ id: `c${number}`, ...one }));
      const trigger = fc.record({
        agent: fc.constantFrom(...agentIds),
        when: condition(
          [...ids, 'of-another-sprint'],
          checkpoints.map(({ id }) => id),
        ),
      });
      return fc
        .oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(trigger, { maxLength: 3 }) })
        .chain((triggers) => fc.tuple(fc.constant(triggers), watchful(agentIds, ids)))
        .map(([triggers, watching]) =>
          toDefinition({
            ...watching,
            tasks,
            agents,
            checkpoints,
            triggers,
            resources: capacities,
            durationMs,
            escalation,
            reallocation,
            mediation,
            onCancel,
            checks: [{ id: 'undo', digest: 'digest of undo' }],
            people: ['ann'],
            ...optional('budget', budgets?.sprint),
            ...optional(
              'budgets',
              budgets && { warnAt: 0.8, withinMs: 600_000, elsewhere: {}, ...optional('plan', budgets.plan) },
            ),
          }),
        );
    });
  });

/** What happens next; the numbers choose among what is possible then. */
export interface Action {
  readonly kind: (typeof ACTIONS)[number] | 'cancel';
  readonly pick: number;
  readonly other: number;
  readonly afterMs: number;
}

const ACTIONS = [
  'finish',
  'finish',
  'finish',
  'finish',
  'finish',
  'fail',
  'fail',
  'failForGood',
  'lose',
  'stale',
  'unknown',
  'report',
  'report',
  'ask',
  'message',
  'message',
  'message',
  'receive',
  'outside',
  'respond',
  'respond',
  'respondWrongly',
  'wake',
  'wake',
  'wait',
  'pause',
  'resume',
  'resume',
  'halt',
  'drain',
  'stopBadly',
  'leave',
  'return',
  'resize',
  'prioritise',
  'rollBack',
  'reorder',
  'reorder',
  'reorder',
  'elsewhere',
  'malformed',
  'startAgain',
  'procedure',
  'procedure',
  'procedure',
  'loseProcedure',
  'amend',
  'amend',
  'amend',
  'reassign',
  'reassign',
  'hold',
  'release',
  'probe',
  'probe',
] as const;

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.oneof(
    { weight: 100, arbitrary: fc.constantFrom(...ACTIONS) },
    { weight: 1, arbitrary: fc.constant('cancel' as const) },
  ),
  pick: fc.nat({ max: 999 }),
  other: fc.nat({ max: 999 }),
  afterMs: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 2_000 }) }, { weight: 1, arbitrary: fc.nat({ max: 200_000_000 }) }),
});

export const actions: fc.Arbitrary<Action[]> = fc.array(action, { maxLength: 120, size: 'max' });
