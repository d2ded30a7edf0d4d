import type { Refusal } from '../failure.ts';
import { elementAt } from '../lookup.ts';
import type { Rollback } from '../messages.ts';
import {
  describeBrokenOff,
  describeDone,
  describeFailedStep,
  describeLost,
  toStepQuestion,
  type OwnedRollback,
} from '../rollback/open-rollback.ts';
import { MAX_LOSSES, type RollbackOutcome, type RollbackSaid, type StepDecision } from '../rollback/rollback.ts';
import { compareForUndo, toUndoSteps, type UndoStep } from '../rollback/undo-step.ts';
import { closeItem, DEFAULT_WITHIN_MS, openItem } from './inbox.ts';
import { enterPhase, haltAttempts, holdFor, startDrain } from './phases.ts';
import { reopenTasks } from './reopening.ts';
import { isAtWork, isTaskEnded, type OpenItem } from './state.ts';
import { agentOfTask, alert, decide, resolveAlert, taskRun, taskSpec, type Sprint, type Turn } from './turn.ts';

/** A rollback under way, as the sprint keeps it. */
export interface OpenRollback extends OwnedRollback {
  /** Id of a checkpoint; null: to the start. */
  readonly to: string | null;
  /** What had ended by then stays (Unix ms); null: nothing does. */
  readonly keptUntil: number | null;
  /** Tasks in the order in which they are undone; null while attempts are still being ended. */
  order: number[] | null;
  /** Number of the child workflow that undoes them; another one takes the place of one that was lost. */
  child: number | null;
}

export interface RollbackOrder extends Pick<OpenRollback, 'by' | 'reason' | 'policy' | 'to'> {
  /** Where the sprint goes afterwards; default: where it was. */
  readonly next?: OpenRollback['next'];
}

/** Ends the attempts that are to be undone; when none of them is at work any more, undoing begins. Expects a sprint that has started. */
export function startRollback(turn: Turn, { by, reason, policy, to, next }: RollbackOrder): void {
  const { definition, state } = turn;
  const n = (state.procedures.rollback += 1);
  const checkpoint = definition.sprint.checkpoints.findIndex(({ id }) => id === to);
  const keptUntil = to === null ? null : elementAt(state.checkpoints, checkpoint).passedAt;
  const before = state.phase === 'running' || state.phase === 'paused' ? state.phase : 'stopped';
  const why = reason ? `: ${reason}` : '';
  const where = to === null ? 'its start' : `checkpoint "${to}"`;
  closeItem(turn, 'paused');
  closeItem(turn, 'stopped');
  state.rollback = { n, by, reason, policy, to, keptUntil, next: next ?? before, order: null, child: null, losses: 0 };
  enterPhase(turn, 'rollingBack', `rolled back to ${where} by ${by}${why}`);
  decide(turn, 'rollbackStarted', `${by} rolls the sprint back to ${where}${why}`, { rollback: n, by, to, policy });
  haltAttempts(turn, (task) => isMeant(turn, task));
}

const MAX_NAMED = 20;

/** Why the sprint cannot be rolled back there now; null: it can. */
export function checkRollback({ definition, state }: Sprint, { to }: Pick<Rollback, 'to'>): Refusal | null {
  const { id, checkpoints } = definition.sprint;
  const notNow = (message: string): Refusal => ({ type: 'NotAllowedInPhase', message });
  if (!state.started) return notNow('rollback is not possible: the sprint has not started');
  if (state.rollback !== null) return notNow('rollback is not possible: the sprint is being rolled back');
  if (state.cancelling) return notNow('rollback is not possible: the sprint is being cancelled');
  if (to === 'start') return null;
  if ('sprint' in to)
    return to.sprint === id ? null : { type: 'UnknownSprint', message: `this is sprint "${id}", not "${to.sprint}"` };
  const place = checkpoints.findIndex((one) => one.id === to.checkpoint);
  if (place === -1) {
    const names =
      checkpoints
        .slice(0, MAX_NAMED)
        .map((one) => one.id)
        .join(', ') || 'none';
    return { type: 'UnknownCheckpoint', message: `"${to.checkpoint}" is no checkpoint of this sprint; it has ${names}` };
  }
  if (state.checkpoints[place]?.state === 'passed') return null;
  return notNow(`rollback is not possible: checkpoint "${to.checkpoint}" has not been passed`);
}

/** A message that came in time and does not apply any more changes nothing. */
export function takeRollback(turn: Turn, request: Rollback): void {
  if (checkRollback(turn, request) !== null) return;
  const { by, to, policy, reason } = request;
  const checkpoint = typeof to === 'object' && 'checkpoint' in to ? to.checkpoint : null;
  startRollback(turn, { by, to: checkpoint, policy: policy ?? 'reopen', reason: reason ?? null });
}

/** To the checkpoint that was passed last, or to the start: where nothing else is said. */
export function rollBackByDecision(turn: Turn, order: Pick<RollbackOrder, 'by' | 'reason' | 'next'>): void {
  const { definition, state } = turn;
  if (checkRollback(turn, { to: 'start' }) !== null) return;
  const passed = definition.sprint.checkpoints.flatMap(({ id }, place) => {
    const at = state.checkpoints[place]?.passedAt ?? null;
    return at === null ? [] : [{ id, at }];
  });
  const last = passed.reduce<(typeof passed)[number] | null>(
    (latest, one) => (latest && latest.at > one.at ? latest : one),
    null,
  );
  startRollback(turn, { ...order, to: last?.id ?? null, policy: 'reopen' });
}

/** Whether the task is to be undone: it was begun, or ended without having begun, after what is kept. */
function isMeant({ state }: Sprint, task: number): boolean {
  const { keptUntil } = state.rollback as OpenRollback;
  const { state: phase, startedAt, endedAt } = elementAt(state.tasks, task);
  if (isTaskEnded(phase)) return keptUntil === null || (endedAt as number) > keptUntil;
  return startedAt !== null && (keptUntil === null || startedAt >= keptUntil);
}

/** Undoing begins once nothing of it is at work. */
export function continueRollback(turn: Turn): void {
  const { rollback, tasks } = turn.state;
  if (rollback === null || rollback.order !== null) return;
  const meant = [...tasks.keys()].filter((task) => isMeant(turn, task));
  if (meant.some((task) => isAtWork(elementAt(tasks, task).state))) return;
  rollback.order = toUndoOrder(turn, meant);
  const steps = toSteps(turn, rollback.order);
  if (steps.length === 0) finish(turn, rollback.order, 'nothing had to be undone');
  else startChild(turn, steps);
}

/** Those that have begun, newest first, what depends on a task before the task itself. */
function toUndoOrder({ index, state }: Sprint, meant: readonly number[]): number[] {
  const begun = meant.flatMap((place) => {
    const { startedAt } = elementAt(state.tasks, place);
    return startedAt === null ? [] : [{ startedAt, tailMs: elementAt(index.tailMs, place), place }];
  });
  return begun.toSorted(compareForUndo).map(({ place }) => place);
}

/** To undo the tasks, then to bring back what those that stay have delivered. */
function toSteps(turn: Turn, order: readonly number[]): UndoStep[] {
  const undone = new Set(order);
  const kept = turn.state.tasks.flatMap(({ state }, task) => (state === 'done' && !undone.has(task) ? [task] : []));
  return [...order.flatMap((task) => toStep(turn, task, 'undo')), ...kept.flatMap((task) => toStep(turn, task, 'restore'))];
}

function toStep(turn: Turn, task: number, kind: UndoStep['kind']): readonly UndoStep[] {
  const { attempt, deliverables } = taskRun(turn, task);
  const { queue } = agentOfTask(turn, task);
  return toUndoSteps(taskSpec(turn, task), { kind, attempt, queue, deliverables }, turn.definition.checks);
}

function startChild(turn: Turn, steps: readonly UndoStep[]): void {
  const { definition, state } = turn;
  const rollback = state.rollback as OpenRollback;
  rollback.child = rollback.child === null ? rollback.n : (state.procedures.rollback += 1);
  turn.effects.push({
    type: 'startProcedure',
    kind: 'rollback',
    n: rollback.child,
    summary: `undo ${steps.length} steps of sprint ${definition.sprint.id}`,
    input: {
      executionId: definition.executionId,
      // An id begins with a letter or digit: no other sprint's folder has such a name.
      folder: `${definition.earlier ? `_${definition.earlier.rounds + 1}-` : ''}${definition.sprint.id}-${rollback.n}`,
      title: state.reason as string,
      steps,
    },
  });
}

const alertIdOf = ({ n }: OpenRollback): string => `rollback/${n}`;
const itemIdOf = ({ n }: OpenRollback, step: string): string => `rollback/${n}/${step}`;

/** A step has failed: the child stops there until a person has decided. */
export function takeRollbackWord(turn: Turn, child: number, said: RollbackSaid): void {
  const { rollback } = turn.state;
  if (rollback?.child !== child) return;
  const { step, task } = said;
  const text = describeFailedStep(said);
  alert(turn, 'quality', alertIdOf(rollback), text);
  decide(turn, 'rollbackStepFailed', text, { rollback: rollback.n, step, task });
  const item = {
    ...toStepQuestion(rollback, said),
    itemId: itemIdOf(rollback, step),
    people: turn.definition.people,
    otherwise: 'the rollback ends there and the sprint is stopped',
    sprint: turn.definition.sprint.id,
  };
  openItem(turn, item, DEFAULT_WITHIN_MS);
}

/** @param by null: nobody has answered in time. */
export function decideStep(turn: Turn, { itemId }: OpenItem, decision: StepDecision, by: string | null): void {
  const rollback = turn.state.rollback as OpenRollback;
  resolveAlert(turn, alertIdOf(rollback));
  const step = itemId.slice(itemIdOf(rollback, '').length);
  turn.effects.push({
    type: 'tellProcedure',
    kind: 'rollback',
    n: rollback.child as number,
    news: { type: 'decided', step, decision, by },
  });
}

/** The child has ended: what has been undone is open again. */
export function endRollback(turn: Turn, child: number, outcome: RollbackOutcome | null, reason: string | null): void {
  const { rollback } = turn.state;
  if (rollback?.child !== child) return;
  const order = rollback.order as number[];
  const steps = toSteps(turn, order);
  for (const { id } of steps) closeItem(turn, itemIdOf(rollback, id));
  resolveAlert(turn, alertIdOf(rollback));
  if (outcome?.how === 'done') return finish(turn, order, describeDone(outcome));
  if (outcome === null && rollback.losses < MAX_LOSSES) {
    rollback.losses += 1;
    decide(turn, 'rollbackLost', describeLost(rollback, reason));
    return startChild(turn, steps);
  }
  const settled = outcome?.settled ?? 0;
  const first = steps[settled];
  const place = first === undefined ? order.length : order.findIndex((task) => taskSpec(turn, task).id === first.task);
  rollback.next = 'stopped';
  finish(turn, place === -1 ? order : order.slice(0, place), describeBrokenOff(settled, steps));
}

/** With those that never began, since something before them did not get done, where that is open again. */
function withFollowers(turn: Turn, undone: readonly number[]): number[] {
  const { index, state } = turn;
  const open = new Set(undone);
  const tailOf = (task: number): number => elementAt(index.tailMs, task);
  const never = [...state.tasks.keys()].filter((task) => isMeant(turn, task) && taskRun(turn, task).startedAt === null);
  const isOpen = (task: number): boolean =>
    open.has(task) || taskRun(turn, task).state === 'done' || !isTaskEnded(taskRun(turn, task).state);
  for (const task of never.toSorted((a, b) => tailOf(b) - tailOf(a) || a - b))
    if (elementAt(index.dependencies, task).every(isOpen)) open.add(task);
  return [...open];
}

function finish(turn: Turn, undone: readonly number[], how: string): void {
  const { state } = turn;
  const { n, by, reason, policy, next } = state.rollback as OpenRollback;
  reopenTasks(turn, withFollowers(turn, undone), { by, reason, policy: state.cancelling ? 'reopen' : policy });
  state.rollback = null;
  decide(turn, 'rollbackEnded', `rollback ${n} has ended: ${how}; ${undone.length} tasks are open again`, { rollback: n });
  if (state.cancelling || next === 'stopped') {
    startDrain(turn, state.cancelling ? 'cancelled' : `rolled back by ${by}`);
    haltAttempts(turn);
  } else enterPhase(turn, next, next === 'paused' ? `paused, then rolled back by ${by}` : null);
  if (next === 'paused' && state.phase === 'paused') holdFor(turn, 'paused');
}
