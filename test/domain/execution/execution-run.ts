import type { AgentStatus } from '../../../src/domain/agent-status.ts';
import type { Budget } from '../../../src/domain/budget.ts';
import type { AuthorizationPolicy } from '../../../src/domain/config/config.ts';
import type { EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import { toExecutionEvent } from '../../../src/domain/execution/commands.ts';
import type { ExecutionEffect, ExecutionEvent } from '../../../src/domain/execution/events.ts';
import { evolveExecution } from '../../../src/domain/execution/evolve.ts';
import { nextDeadline } from '../../../src/domain/execution/own-items.ts';
import { createExecution, type TaskNews } from '../../../src/domain/execution/state.ts';
import type { CommandName } from '../../../src/domain/messages.ts';
import type { Checkpoint, Task, Trigger } from '../../../src/domain/plan/plan.ts';
import type { Prepared } from '../../../src/domain/prepared.ts';
import type { AgentProfile } from '../../../src/domain/roster.ts';
import type { SprintProgress } from '../../../src/domain/sprint/progress.ts';
import type { BudgetView, InboxItem, TaskCounts } from '../../../src/domain/views.ts';
import { agent, START, task } from '../sprint/sprint-definition.ts';

export { agent, START, task };

export const HASH = 'a'.repeat(64);

export interface GivenPlan {
  /** Tasks of each sprint by its id; one task named `<sprint>-task` by default. */
  readonly sprints: Readonly<Record<string, readonly Task[] | null>>;
  readonly order?: readonly (readonly [before: string, after: string])[];
  readonly agents?: readonly AgentProfile[];
  /** Agents of a sprint: all by default. */
  readonly teams?: Readonly<Record<string, readonly string[]>>;
  readonly capacities?: Prepared['resolved']['capacities'];
  readonly triggers?: readonly Trigger[];
  readonly checkpoints?: Readonly<Record<string, readonly Checkpoint[]>>;
  readonly authorization?: Partial<AuthorizationPolicy>;
  readonly readiness?: Prepared['readiness'];
  readonly objectives?: Prepared['resolved']['plan']['objectives'];
  readonly name?: string;
  /** Channels; none by default. */
  readonly notify?: readonly string[];
  /** Of the plan. */
  readonly escalation?: EscalationPolicy;
  readonly budget?: Budget;
  /** Of sprints. */
  readonly budgets?: Readonly<Record<string, Budget>>;
}

export const DAY = 86_400_000;

export function toPrepared(given: GivenPlan): Prepared {
  const agents = given.agents ?? [agent('builder', { capacity: 4 })];
  const sprints = Object.entries(given.sprints).map(([id, tasks]) => ({
    id,
    title: id,
    dependsOn: [],
    durationMs: null,
    agents: given.teams?.[id] ?? agents.map((one) => one.id),
    tasks: tasks ?? [task(`${id}-task`)],
    checkpoints: given.checkpoints?.[id] ?? [],
    ...(given.budgets?.[id] ? { budget: given.budgets[id] } : {}),
  }));
  const resolved: Prepared['resolved'] = {
    plan: {
      pact: 1,
      project: { name: given.name ?? 'Parser 2.0', description: null, timeline: null },
      objectives: given.objectives ?? [],
      resources: [],
      sprints,
      triggers: given.triggers ?? [],
      ...(given.escalation ? { escalation: given.escalation } : {}),
      ...(given.budget ? { budget: given.budget } : {}),
    },
    agents,
    checks: [],
    order: (given.order ?? []).map(([before, after]) => ({ before, after, reason: 'the plan says so' })),
    capacities: given.capacities ?? {},
    resources: {},
    authorization: { mode: 'named', approvers: ['ann', 'bo', 'cy'], required: 1, expiresMs: DAY, ...given.authorization },
    policies: { heartbeatTimeoutMs: 10_000, killGraceMs: 1_000, notify: given.notify ?? [] },
  };
  return {
    resolved,
    planHash: HASH,
    readiness: given.readiness ?? [{ name: 'emergency stop', ok: true, detail: 'drilled' }],
    review: '# Review',
    elsewhere: {},
    searchAttributes: false,
    continueAfterEvents: null,
  };
}

export const counts = (given: Partial<TaskCounts> = {}): TaskCounts => ({
  total: 1,
  waiting: 0,
  running: 0,
  blocked: 0,
  done: 0,
  failed: 0,
  cancelled: 0,
  skipped: 0,
  ...given,
});

/** How a sprint stands to a budget of 1,000 tokens. */
export const budgetShare = (budget: string, spent: number, given: Partial<BudgetView> = {}): BudgetView => ({
  budget,
  kind: 'tokens',
  spent,
  limit: 1_000,
  toppedUp: 0,
  isUsedUp: false,
  ...given,
});

export const progress = (sprintId: string, given: Partial<SprintProgress> = {}): SprintProgress => ({
  sprintId,
  phase: 'running',
  reason: null,
  progressPercentage: 0,
  forecastCompletion: null,
  tasks: counts({ running: 1 }),
  agents: [],
  alerts: [],
  inbox: [],
  coordination: { checkpoints: [], leases: [], inactiveAgents: [], drained: null },
  ...given,
});

export const news = (id: string, given: Partial<TaskNews> = {}): TaskNews => ({
  id,
  state: 'done',
  priority: 'normal',
  agent_id: 'builder',
  attempts: 1,
  startedAt: START,
  endedAt: START + 1_000,
  reason: null,
  deliverables: [],
  ...given,
});

export const status = (agent_id: string, given: Partial<AgentStatus> = {}): AgentStatus => ({
  agent_id,
  status: 'working',
  current_task: 't',
  progress_percentage: 10,
  estimated_completion: null,
  blocking_issues: [],
  next_coordination_point: null,
  outputs_ready: [],
  ...given,
});

export const item = (itemId: string, sprint: string, given: Partial<InboxItem> = {}): InboxItem => ({
  itemId,
  kind: 'humanTask',
  title: itemId,
  question: 'Good?',
  options: ['approve', 'reject'],
  people: 'anyone',
  since: '2026-12-01T09:00:00.000Z',
  deadline: '2026-12-02T09:00:00.000Z',
  otherwise: 'the task fails',
  sprint,
  task: itemId,
  ...given,
});

export const approval = (by: string, given: object = {}): object => ({
  by,
  decision: 'approve',
  planHash: HASH,
  reviewed: true,
  emergencyStopUnderstood: true,
  ...given,
});

type WithoutTime<E> = E extends { at: number } ? Omit<E, 'at'> : never;

/** An execution under test with its clock: carries out nothing, keeps what it was told to do. */
export function runExecution(given: GivenPlan | null = null) {
  const state = createExecution('release', START);
  const seen: ExecutionEffect[] = [];
  let now = START;
  const take = (event: ExecutionEvent): ExecutionEffect[] => {
    const effects = evolveExecution(state, event);
    seen.push(...effects);
    return effects;
  };
  const happen = (event: WithoutTime<ExecutionEvent>): ExecutionEffect[] => take({ ...event, at: now } as ExecutionEvent);
  const send = (name: CommandName, body: unknown): string => {
    const event = toExecutionEvent(state, name, body, now);
    if (!event.ok) return `${event.error.type}: ${event.error.message}`;
    take(event.value);
    return 'accepted';
  };
  const passTime = (ms: number): ExecutionEffect[] => {
    now += ms;
    return happen({ type: 'timePassed' });
  };
  const run = {
    state,
    take,
    happen,
    send,
    passTime,
    /** Lets time go by unnoticed, as it does before a timer fires. */
    elapse: (ms: number) => void (now += ms),
    wake: () => passTime((nextDeadline(state) ?? now) - now),
    prepare: (plan: GivenPlan) => happen({ type: 'prepared', prepared: toPrepared(plan) }),
    /** Approves and documents: the sprints start. */
    authorize: () => {
      send('authorize', approval('ann'));
      return happen({ type: 'documented' });
    },
    tell: (sprintId: string, how: Partial<SprintProgress> = {}, changed: readonly TaskNews[] = []) =>
      happen({ type: 'sprintProgressed', progress: progress(sprintId, how), changed, decisions: [] }),
    endSprint: (
      sprintId: string,
      phase: SprintProgress['phase'] = 'completed',
      tasks: readonly TaskNews[] = [],
      how: Partial<SprintProgress> = {},
    ) =>
      happen({
        type: 'sprintEnded',
        outcome: {
          sprintId,
          progress: progress(sprintId, { phase, progressPercentage: 100, tasks: counts({ done: 1 }), ...how }),
          tasks,
        },
      }),
    lose: (sprintId: string) => happen({ type: 'sprintLost', sprintId, reason: 'it was terminated' }),
    standings: () => Object.fromEntries(state.sprints.map((sprint) => [sprint.id, sprint.state])),
    started: () => seen.flatMap((effect) => (effect.type === 'startSprint' ? [effect.sprintId] : [])),
    forwards: () => seen.flatMap((effect) => (effect.type === 'forward' ? [effect] : [])),
    events: () => seen.flatMap((effect) => (effect.type === 'journal' ? [effect.event] : [])),
    textsOf: (event: string) =>
      seen.flatMap((effect) => (effect.type === 'journal' && effect.event === event ? [effect.text] : [])),
    effects: () => seen,
    now: () => now,
  };
  if (given) run.prepare(given);
  return run;
}

/** Authorized and at work. */
export function runAuthorized(given: GivenPlan) {
  const run = runExecution(given);
  run.authorize();
  return run;
}
