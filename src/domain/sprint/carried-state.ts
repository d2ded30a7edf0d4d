import { applyDifference, differenceOf, type Difference } from '../json-difference.ts';
import type { TaskPhase } from '../views.ts';
import { reviveSprint, toFirstState } from './create-sprint.ts';
import type { SprintDefinition } from './definition.ts';
import { buildIndex, type SprintIndex } from './sprint-index.ts';
import type { SprintState, TaskRun } from './state.ts';
import type { Sprint } from './turn.ts';

/**
 * State of a sprint as one run hands it to the next: columns for what every task that ran differs in from one that did not, about 25
 * bytes a task, and the rest as a difference from the first state, which follows from the definition.
 */
export interface CarriedState {
  /** When the sprint started (Unix ms): the times of tasks count from here. */
  readonly startedAt: number;
  /** One letter per task. */
  readonly states: string;
  readonly attempts: readonly number[];
  readonly agents: readonly (number | null)[];
  readonly startedMs: readonly (number | null)[];
  /** From start to end of the last attempt, or from the sprint's start of a task that never had one. */
  readonly lengthMs: readonly (number | null)[];
  readonly rest: Difference | null;
}

const LETTERS: Readonly<Record<TaskPhase, string>> = {
  waiting: 'w',
  running: 'r',
  blocked: 'b',
  done: 'd',
  failed: 'f',
  cancelled: 'c',
  skipped: 's',
};
const STATES = new Map(Object.entries(LETTERS).map(([state, letter]) => [letter, state as TaskPhase]));

/** Plain JSON that shares data with the state: to be turned into text before the state changes. */
export function toCarriedState({ index, state }: Sprint): CarriedState {
  const { startedAt, tasks } = state;
  const column = <T>(valueOf: (run: TaskRun) => T): T[] => tasks.map(valueOf);
  const columns = {
    startedAt,
    states: column((run) => LETTERS[run.state]).join(''),
    attempts: column((run) => run.attempt),
    agents: column((run) => run.agent),
    startedMs: column((run) => minus(run.startedAt, startedAt)),
    lengthMs: column((run) => minus(run.endedAt, run.startedAt ?? startedAt)),
  };
  return { ...columns, rest: differenceOf(withColumns(index, columns), state) };
}

/** The sprint that was carried. Expects what `toCarriedState` has made for the same definition. */
export function fromCarriedState(definition: SprintDefinition, { rest, ...columns }: CarriedState): Sprint {
  const index = buildIndex(definition);
  return reviveSprint(definition, applyDifference(withColumns(index, columns), rest) as SprintState, index);
}

const minus = (at: number | null, since: number): number | null => (at === null ? null : at - since);
const plus = (ms: number | null | undefined, since: number): number | null => (typeof ms === 'number' ? since + ms : null);

/** The first state with its columns filled in, and what follows from them: how many dependencies are not done yet. */
function withColumns(index: SprintIndex, columns: Omit<CarriedState, 'rest'>): SprintState {
  const { startedAt, states, attempts, agents, startedMs, lengthMs } = columns;
  const state = toFirstState(index, startedAt);
  for (const [number, run] of state.tasks.entries()) {
    run.state = STATES.get(states[number] as string) as TaskPhase;
    run.attempt = attempts[number] as number;
    run.agent = agents[number] as number | null;
    run.startedAt = plus(startedMs[number], startedAt);
    run.endedAt = plus(lengthMs[number], run.startedAt ?? startedAt);
  }
  for (const [number, before] of index.dependencies.entries()) {
    const waitsFor = before.filter((task) => state.tasks[task]?.state !== 'done').length;
    (state.tasks[number] as TaskRun).waitsFor = waitsFor;
  }
  return state;
}
