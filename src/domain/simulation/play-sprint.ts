import type { AttemptFailure } from '../attempt.ts';
import type { Task } from '../plan/plan.ts';
import { elementAt } from '../lookup.ts';
import { evolve } from '../sprint/evolve.ts';
import type { SprintEvent } from '../sprint/events.ts';
import { heapPop, heapPush } from '../sprint/heap.ts';
import { remainingOfAttempt } from '../sprint/forecast.ts';
import { isAtWork, isFinal, type SprintPhase } from '../sprint/state.ts';
import { agentOfTask, taskRun, taskSpec, type Sprint } from '../sprint/turn.ts';
import type { Sampler } from './sampler.ts';

/** How a sprint went in virtual time; times in ms from its start, tasks and agents by number. */
export interface SprintPlay {
  readonly phase: SprintPhase;
  readonly makespanMs: number;
  /** In the order of their first starts. */
  readonly started: readonly number[];
  /** For each task the one whose end let it start; -1: none did, or a moment. */
  readonly causes: readonly number[];
  /** The task that ended last; -1 when none was started. */
  readonly last: number;
  /** Time at work, per agent, summed over its slots. */
  readonly busyMs: readonly number[];
  readonly events: number;
}

interface RunningAttempt {
  readonly at: number;
  readonly task: number;
  readonly attempt: number;
  readonly isFailing: boolean;
}

/** By time; then as the tasks were started, which is how a real sprint would hear of them. */
const isEarlier = (a: RunningAttempt, b: RunningAttempt): boolean =>
  a.at !== b.at ? a.at < b.at : a.task !== b.task ? a.task < b.task : a.attempt < b.attempt;

/** An escalation that somebody answers then. */
interface Asked {
  readonly at: number;
  readonly n: number;
}

const isAskedEarlier = (a: Asked, b: Asked): boolean => (a.at !== b.at ? a.at < b.at : a.n < b.n);

/** Events between two rests: a few milliseconds. */
const EVENTS_AT_A_TIME = 512;

/**
 * Plays a sprint to its end in virtual time, by the same `evolve` that runs it for real: an attempt ends when its sampled duration has
 * passed, people take as long, deadlines come when they are due, and who is asked about a
 * failure says within half of the time that it be tried once more. The sprint is used up; one under way goes on from where it is. Rests from
 * time to time, so that whoever plays it can do something else in between; `runThrough` does not.
 * @param step In place of `evolve`, for who wants to look at each step.
 */
export function* playSprint(sprint: Sprint, sample: Sampler, step = evolve): Generator<void, SprintPlay> {
  const { state, index } = sprint;
  const startedAt = state.now;
  const running: RunningAttempt[] = [];
  const asked: Asked[] = Object.values(state.escalations).map(({ n }) => ({ at: startedAt, n }));
  const started: number[] = [];
  const causes = index.tasks.map(() => -1);
  const busyMs = index.agents.map(() => 0);
  let last = -1;
  let events = 0;

  function take(event: SprintEvent, cause: number): void {
    events += 1;
    for (const effect of step(sprint, event)) {
      // Attempts of programs and of people alike.
      if (effect.type === 'journal' && effect.event === 'taskStarted') start(String(effect.data['task']), cause);
      else if (effect.type === 'startProcedure' && effect.kind === 'escalation') {
        // A chain has a level at least.
        const { withinMs } = elementAt(effect.input.policy.levels, 0);
        heapPush(asked, { at: state.now + withinMs / 2, n: effect.n }, isAskedEarlier);
      }
    }
  }

  function start(taskId: string, cause: number): void {
    const task = index.taskNumber.get(taskId) as number;
    if (taskRun(sprint, task).attempt === 1) started.push(task);
    causes[task] = cause;
    const { factor, delayMs } = sample(task, taskRun(sprint, task).attempt);
    const durationMs = (index.estimateMs[task] as number) * factor + delayMs;
    const { timeMs, ask } = taskSpec(sprint, task).budget;
    // Who is asked for more time gives it.
    const limitMs = ask === true ? null : timeMs;
    const isOverdue = limitMs !== null && durationMs > limitMs && agentOfTask(sprint, task).kind === 'command';
    endAfter(task, isOverdue ? limitMs : durationMs, isOverdue);
  }

  function endAfter(task: number, durationMs: number, isOverdue: boolean): void {
    const { attempt, agent } = taskRun(sprint, task);
    busyMs[agent as number] = (busyMs[agent as number] as number) + durationMs;
    const isFailing = isOverdue || sample(task, attempt).isFailing;
    heapPush(running, { at: state.now + durationMs, task, attempt, isFailing }, isEarlier);
  }

  for (const [task, run] of state.tasks.entries()) {
    if (isAtWork(run.state)) endAfter(task, remainingOfAttempt(run, startedAt, sample(task, run.attempt)), false);
  }
  take({ type: state.started ? 'timePassed' : 'started', at: startedAt }, -1);
  while (!isFinal(state.phase)) {
    const timerAt = state.timers[0]?.at ?? Number.POSITIVE_INFINITY;
    const next = running[0];
    const answer = asked[0];
    if (answer !== undefined && answer.at <= Math.min(timerAt, next?.at ?? timerAt)) {
      heapPop(asked, isAskedEarlier);
      take(toDecision(answer), -1);
    } else if (next !== undefined && next.at <= timerAt) {
      heapPop(running, isEarlier);
      last = next.task;
      take(toEnd(next, taskSpec(sprint, next.task)), next.task);
    } else if (timerAt < Number.POSITIVE_INFINITY) take({ type: 'timePassed', at: timerAt }, -1);
    else throw new Error(`the simulation of sprint ${sprint.definition.sprint.id} stands still: nothing at work, nothing ahead`);
    if (events % EVENTS_AT_A_TIME === 0) yield;
  }
  return { phase: state.phase, makespanMs: state.now - startedAt, started, causes, last, busyMs, events };
}

/** The value of a generator that rests, without the rests. */
export function runThrough<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function toDecision({ at, n }: Asked): SprintEvent {
  const outcome = {
    decision: 'retry',
    by: 'somebody',
    how: 'answered',
    note: null,
    data: null,
    level: 1,
    startedAt: at,
    endedAt: at,
  } as const;
  return { type: 'procedureEnded', at, kind: 'escalation', n, outcome, reason: null };
}

function toEnd({ at, attempt, isFailing }: RunningAttempt, { id, deliverables }: Task): SprintEvent {
  if (isFailing) return { type: 'attemptFailed', at, taskId: id, attempt, failure: SIMULATED_FAILURE };
  const delivered = deliverables.map((each) => ({ ...each, uri: 'simulated:', sha256: '', size: 0 }));
  return { type: 'taskFinished', at, taskId: id, attempt, summary: null, deliverables: delivered };
}

const SIMULATED_FAILURE: AttemptFailure = {
  cause: 'agent',
  type: 'AgentError',
  message: 'failed in the simulation',
  retryable: true,
  exitCode: null,
  tail: '',
  checks: [],
  log: null,
};

/** The chain of tasks each of which let the next one start, up to the last: by dependency, agent or lease. In order. */
export function criticalChain({ causes, last }: SprintPlay): number[] {
  const chain: number[] = [];
  // A retry may be let start by a task that itself came later than the first attempt: nobody is twice in a chain.
  const seen = new Set<number>();
  for (let task = last; task >= 0 && !seen.has(task); task = causes[task] as number) {
    seen.add(task);
    chain.push(task);
  }
  return chain.toReversed();
}
