import type { AttemptFailure, Deliverable, PerformTaskInput } from '../../../src/domain/attempt.ts';
import type { CommandName } from '../../../src/domain/messages.ts';
import type { StatusReport } from '../../../src/domain/agent-status.ts';
import { toSprintEvent } from '../../../src/domain/sprint/commands.ts';
import { createSprint } from '../../../src/domain/sprint/create-sprint.ts';
import { evolve } from '../../../src/domain/sprint/evolve.ts';
import type { SprintEffect, SprintEvent } from '../../../src/domain/sprint/events.ts';
import type { TaskRun } from '../../../src/domain/sprint/state.ts';
import { nextWakeUp } from '../../../src/domain/sprint/timers.ts';
import { START, toDefinition, type GivenSprint } from './sprint-definition.ts';

type WithoutTime<E> = E extends { at: number } ? Omit<E, 'at'> : never;

export const failure = (given: Partial<AttemptFailure> = {}): AttemptFailure => ({
  cause: 'agent',
  type: 'AgentError',
  message: 'it broke',
  retryable: true,
  exitCode: 1,
  tail: 'last line',
  checks: [],
  log: null,
  ...given,
});

export const deliverable = (id: string): Deliverable => ({ id, path: id, uri: `file:///${id}`, sha256: 'a'.repeat(64), size: 1 });

/** A sprint under test with its clock: carries out nothing, keeps what it was told to do. */
export function runSprint(given: GivenSprint) {
  const sprint = createSprint(toDefinition(given), START);
  const { state } = sprint;
  const seen: SprintEffect[] = [];
  let now = START;
  const take = (event: SprintEvent): SprintEffect[] => {
    const effects = evolve(sprint, event);
    seen.push(...effects);
    return effects;
  };
  const happen = (event: WithoutTime<SprintEvent>): SprintEffect[] => take({ ...event, at: now } as SprintEvent);
  const runOf = (id: string): TaskRun => state.tasks[sprint.index.taskNumber.get(id) ?? -1] as TaskRun;
  const agentIdOf = (id: string): string | undefined => sprint.index.agents[runOf(id).agent ?? -1]?.id;
  const finish = (taskId: string, deliverables: readonly Deliverable[] = [], attempt = runOf(taskId).attempt) =>
    happen({ type: 'taskFinished', taskId, attempt, summary: `${taskId} is done`, deliverables });
  const fail = (taskId: string, how: Partial<AttemptFailure> = {}, attempt = runOf(taskId).attempt) =>
    happen({ type: 'attemptFailed', taskId, attempt, failure: failure(how) });
  const report = (taskId: string, how: Partial<StatusReport> = {}) => {
    const status: StatusReport = {
      agent_id: agentIdOf(taskId) ?? '',
      status: 'working',
      current_task: taskId,
      progress_percentage: 50,
      estimated_completion: null,
      blocking_issues: [],
      next_coordination_point: null,
      outputs_ready: [],
      task_id: taskId,
      attempt: runOf(taskId).attempt,
      ...how,
    };
    return happen({ type: 'statusReported', reports: [status] });
  };
  /** As the shell does: a message becomes an event, or the refusal comes back as text. */
  const send = (name: CommandName, body: unknown): string => {
    const event = toSprintEvent(sprint, name, body, now);
    if (!event.ok) return `${event.error.type}: ${event.error.message}`;
    take(event.value);
    return 'accepted';
  };
  const passTime = (ms: number): SprintEffect[] => {
    now += ms;
    return happen({ type: 'timePassed' });
  };
  const wake = (): SprintEffect[] => {
    const at = nextWakeUp(state);
    if (at === null) throw new Error('nothing would ever wake the sprint');
    return passTime(Math.max(0, at - now));
  };
  return {
    sprint,
    state,
    happen,
    start: () => happen({ type: 'started' }),
    finish,
    fail,
    report,
    send,
    passTime,
    /** Lets time go by unnoticed, as it does before a timer fires. */
    elapse: (ms: number) => void (now += ms),
    wake,
    runOf,
    agentIdOf,
    stateOf: (id: string) => runOf(id).state,
    atWork: () => sprint.index.tasks.filter(({ id }) => ['running', 'blocked'].includes(runOf(id).state)).map(({ id }) => id),
    effects: () => seen,
    events: () => seen.flatMap((effect) => (effect.type === 'journal' ? [effect.event] : [])),
    textsOf: (event: string) =>
      seen.flatMap((effect) => (effect.type === 'journal' && effect.event === event ? [effect.text] : [])),
    performed: (): PerformTaskInput[] => seen.flatMap((effect) => (effect.type === 'perform' ? [effect.input] : [])),
    order: () => seen.flatMap((effect) => (effect.type === 'perform' ? [effect.input.task.id] : [])),
    cancelled: () => seen.flatMap((effect) => (effect.type === 'cancelAttempt' ? [`${effect.taskId}#${effect.attempt}`] : [])),
    now: () => now,
  };
}

export const reportsIn = (effects: readonly SprintEffect[]): number => effects.filter(({ type }) => type === 'report').length;
