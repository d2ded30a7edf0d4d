import fc from 'fast-check';
import { SILENT_ENDS } from '../../../src/domain/escalation/policy.ts';
import type { Prepared } from '../../../src/domain/prepared.ts';
import { agent, task, toPrepared } from './execution-run.ts';

/** Ids that records inherit are among those in use: they must be like any other. */
const SPRINT_IDS = ['constructor', 'core', 'docs', 'toString', 'ui', 'z1', 'z2', 'z3'];
const PEOPLE = ['ann', 'bo', 'cy'];

/** Plans of up to eight sprints with random edges, listed in any order: an edge need not point down the list. */
export const preparations: fc.Arbitrary<Prepared> = fc
  .record({
    ids: fc.shuffledSubarray(SPRINT_IDS, { minLength: 1 }),
    edges: fc.array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 })), { maxLength: 14 }),
    list: fc.nat({ max: 7 }),
    sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 8, maxLength: 8 }),
    mode: fc.constantFrom('named' as const, 'anyone' as const),
    required: fc.integer({ min: 1, max: 3 }),
    isReady: fc.boolean().map((one) => one || true),
    notify: fc.subarray(['ops', 'mail']),
    otherwise: fc.constantFrom(...SILENT_ENDS, null),
  })
  .map(({ ids, edges, list, sizes, mode, required, isReady, notify, otherwise }) => {
    // Along the shuffled ids there is no cycle; the plan lists them turned round by `list`.
    const order = edges.flatMap(([a, b]) => {
      const [before, after] = [ids[Math.min(a, b)], ids[Math.max(a, b)]];
      return before === undefined || after === undefined || before === after ? [] : [[before, after] as const];
    });
    const listed = [...ids.slice(list), ...ids.slice(0, list)].toReversed();
    return toPrepared({
      sprints: Object.fromEntries(
        listed.map((id, place) => [
          id,
          Array.from({ length: sizes[place] as number }, (_, number) => task(number === 0 ? `valueOf-${id}` : `${id}-${number}`)),
        ]),
      ),
      order,
      agents: [agent('builder', { capacity: 4 }), agent('constructor', { capacity: 2 })],
      authorization: { mode, approvers: mode === 'named' ? PEOPLE : [], required },
      readiness: [{ name: 'stop', ok: isReady, detail: 'drilled' }],
      notify,
      ...(otherwise
        ? {
            escalation: {
              levels: [
                { to: ['ann'], via: [], withinMs: 60_000 },
                { to: ['bo'], via: ['mail'], withinMs: 60_000 },
              ],
              otherwise,
              alerts: [{ kind: 'communication' as const, afterMs: 30_000 }],
            },
          }
        : {}),
    });
  });

/** What may happen, by how often it does. */
export const ACTIONS = {
  approve: 3,
  approveBadly: 1,
  stranger: 1,
  reject: 1,
  document: 2,
  prepareAgain: 1,
  progress: 3,
  forged: 1,
  stale: 1,
  end: 3,
  fail: 1,
  lose: 1,
  obey: 3,
  pause: 1,
  resume: 3,
  halt: 1,
  drain: 1,
  stopBadly: 1,
  availability: 1,
  priority: 1,
  statuses: 1,
  respond: 2,
  rollback: 1,
  undo: 2,
  loseRollback: 1,
  respondWrongly: 1,
  malformed: 2,
  wait: 1,
} as const;

export interface Action {
  readonly kind: keyof typeof ACTIONS | 'cancel' | 'deadline';
  readonly pick: number;
  readonly other: number;
  readonly afterMs: number;
  readonly junk: unknown;
}

/** Stands for a body nested deeper than any stack, which no printer of a counterexample could show. */
export const DEEP = 'a body nested 20,000 levels deep';

const junk = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      by: fc.oneof(fc.constantFrom('ann', '', ' '), fc.jsonValue()),
      decision: fc.oneof(fc.constantFrom('approve', 'reject', 'resume'), fc.jsonValue()),
      itemId: fc.oneof(fc.constantFrom('constructor', '__proto__', 'paused', 'authorization'), fc.jsonValue()),
      agent_id: fc.oneof(fc.constantFrom('constructor', '__proto__', 'builder'), fc.jsonValue()),
      taskId: fc.jsonValue(),
      reports: fc.jsonValue(),
      progress: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
  fc.constant(DEEP),
  fc.constant(undefined),
);

const usual = Object.entries(ACTIONS).flatMap(([kind, times]) =>
  Array<keyof typeof ACTIONS>(times).fill(kind as keyof typeof ACTIONS),
);

export const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom(...usual) },
      { weight: 1, arbitrary: fc.constantFrom('cancel' as const, 'deadline' as const) },
    ),
    pick: fc.nat({ max: 999 }),
    other: fc.nat({ max: 999 }),
    afterMs: fc.nat({ max: 3_600_000 }),
    junk,
  }),
  { maxLength: 80, size: 'max' },
);
