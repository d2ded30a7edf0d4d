import { answerersOf } from '../answerers.ts';
import { toIso } from '../iso-time.ts';
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
import type { RollbackPolicy, UndoStep } from '../rollback/undo-step.ts';
import { DEFAULT_WITHIN_MS } from '../sprint/inbox.ts';
import { stop } from './control.ts';
import { addRound } from './earlier-rounds.ts';
import { tellItem } from './notices.ts';
import { closeOwnAlert, openOwnAlert } from './own-alerts.ts';
import { openOwnItem } from './own-items.ts';
import { standingOf, tasksOf } from './standings.ts';
import type { ExecutionState, SprintStanding } from './state.ts';
import { decide, enterPhase, type ExecutionTurn } from './turn.ts';
import { atWorkOn, toSprintUndoSteps, toUndoOrder, withLater } from './undo-plan.ts';

/**
 * A rollback of sprints that have ended, and of those that came after them: what is at work is cancelled first, then a child workflow undoes
 * task after task, those of the sprint that ended last first. Then the sprints begin again, or are left. Sprints that run are rolled back
 * by themselves (see `domain/sprint/rollbacks.ts`).
 */
export interface ExecutionRollback extends OwnedRollback {
  readonly sprintIds: readonly string[];
  /** The sprints in the order in which they are undone; null while some of them have still to end. */
  order: readonly string[] | null;
  /** Number of the child workflow that undoes them; another one takes the place of one that was lost. */
  child: number;
}

const MAX_NAMED = 20;

const nameOf = (ids: readonly string[]): string =>
  ids.slice(0, MAX_NAMED).join(', ') + (ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : '');

/** Expects that some of the sprints have ended, and that no other rollback of the execution is under way. */
export function startSprintRollback(
  turn: ExecutionTurn,
  { by, policy, reason, sprintIds }: Pick<Rollback, 'by' | 'policy' | 'reason'> & { readonly sprintIds: readonly string[] },
): void {
  const { state, effects } = turn;
  const n = (state.rollbacks = (state.rollbacks ?? 0) + 1);
  const why = reason ? `: ${reason}` : '';
  const next: ExecutionRollback['next'] = state.phase === 'running' || state.phase === 'paused' ? state.phase : 'stopped';
  const how = { by, reason: reason ?? null, policy: policy ?? ('reopen' as const) };
  state.rollback = { n, ...how, sprintIds, next, order: null, child: n, losses: 0 };
  state.inbox = {};
  enterPhase(turn, 'rollingBack', `rolled back by ${by}${why}`);
  const text = `${by} rolls back ${nameOf(sprintIds)}${why}`;
  decide(turn, 'rollbackStarted', text, { rollback: n, by, policy: how.policy, sprints: sprintIds });
  const atWork = sprintIds.filter((id) => standingOf(state, id)?.state === 'started');
  for (const id of atWork) tellUndone(turn, id, how.policy);
  if (atWork.length > 0) effects.push({ type: 'cancelSprints', sprintIds: atWork });
}

/** What a sprint at work builds on is undone: all of it is, whether its tasks at work depend on it or would have come after it only. */
function tellUndone(turn: ExecutionTurn, sprintId: string, policy: RollbackPolicy): void {
  const { sprintIds } = turn.state.rollback as ExecutionRollback;
  const tasks = atWorkOn(turn.state, sprintId, sprintIds);
  const fate = policy === 'reopen' ? 'it ends and begins again with what holds then' : 'it ends and is left';
  const cause = tasks.length === 0 ? 'it comes after what is undone' : `${nameOf(tasks)} at work on what is undone`;
  decide(turn, 'dependencyUndone', `sprint ${sprintId} is at work: ${cause}; ${fate}`, { sprint: sprintId, tasks });
}

/** Undoing begins once none of the sprints is at work. */
export function continueSprintRollback(turn: ExecutionTurn): void {
  const { state } = turn;
  const { rollback } = state;
  if (!rollback || rollback.order !== null) return;
  const sprints = state.sprints.filter(({ id }) => rollback.sprintIds.includes(id));
  if (sprints.some((sprint) => sprint.state === 'started')) return;
  rollback.order = toUndoOrder(sprints);
  const steps = stepsOf(turn, rollback.order);
  if (steps.length === 0) finish(turn, rollback.order, 'nothing had to be undone');
  else startChild(turn, steps);
}

const stepsOf = ({ state }: ExecutionTurn, order: readonly string[]): UndoStep[] =>
  order.flatMap((id) => toSprintUndoSteps(state, id));

function startChild({ state, effects }: ExecutionTurn, steps: readonly UndoStep[]): void {
  const { n, child, order } = state.rollback as ExecutionRollback;
  effects.push({
    type: 'startProcedure',
    kind: 'rollback',
    n: child,
    summary: `undo ${steps.length} steps of ${nameOf(order as readonly string[])}`,
    // Folders of sprints begin with their id, a letter or digit, or with a number of their round.
    input: { executionId: state.executionId, folder: `_execution-${n}`, title: state.reason as string, steps },
  });
}

const alertIdOf = ({ n }: ExecutionRollback): string => `rollback/execution/${n}`;
const itemIdOf = (rollback: ExecutionRollback, step: string): string => `${alertIdOf(rollback)}/${step}`;

/** A step has failed: the child stops there until a person has decided. */
export function takeStepFailure(turn: ExecutionTurn, child: number, said: RollbackSaid): void {
  const { state } = turn;
  const { rollback } = state;
  if (rollback?.child !== child) return;
  const { step, task } = said;
  const text = describeFailedStep(said);
  openOwnAlert(turn, { id: alertIdOf(rollback), kind: 'quality', text });
  decide(turn, 'rollbackStepFailed', text, { rollback: rollback.n, step, task });
  const itemId = itemIdOf(rollback, step);
  const deadlineMs = state.now + DEFAULT_WITHIN_MS;
  const item = {
    ...toStepQuestion(rollback, said),
    itemId,
    people: answerersOf(state.authorization.policy),
    since: toIso(state.now),
    deadline: toIso(deadlineMs),
    deadlineMs,
    otherwise: 'the rollback ends there and the execution is stopped',
    sprint: state.sprints.find(({ id }) => tasksOf(state, id).some((one) => one.id === task))?.id ?? null,
  };
  state.inbox[itemId] = item;
  tellItem(turn, item);
}

/** @param by null: nobody has answered in time. */
export function decideFailedStep(
  { state, effects }: ExecutionTurn,
  itemId: string,
  decision: StepDecision,
  by: string | null,
): void {
  const rollback = state.rollback as ExecutionRollback;
  closeQuestion(state, rollback);
  const step = itemId.slice(itemIdOf(rollback, '').length);
  effects.push({ type: 'tellProcedure', kind: 'rollback', n: rollback.child, news: { type: 'decided', step, decision, by } });
}

/** At most one is open. */
function closeQuestion(state: ExecutionState, rollback: ExecutionRollback): void {
  state.inbox = {};
  closeOwnAlert(state, alertIdOf(rollback));
}

/** The child has ended: the sprints that it has undone begin again, or are left. */
export function endSprintRollback(
  turn: ExecutionTurn,
  child: number,
  outcome: RollbackOutcome | null,
  reason: string | null,
): void {
  const { state } = turn;
  const { rollback } = state;
  if (rollback?.child !== child) return;
  const order = rollback.order as readonly string[];
  const steps = stepsOf(turn, order);
  closeQuestion(state, rollback);
  if (outcome?.how === 'done') return finish(turn, order, describeDone(outcome));
  if (outcome === null && rollback.losses < MAX_LOSSES) {
    rollback.losses += 1;
    rollback.child = state.rollbacks = (state.rollbacks as number) + 1;
    decide(turn, 'rollbackLost', describeLost(rollback, reason));
    return startChild(turn, steps);
  }
  breakOff(turn, order, steps, outcome?.settled ?? 0);
}

/** It ends half way: what has been undone as a whole is open again, people look after a sprint that is half undone. */
function breakOff(turn: ExecutionTurn, order: readonly string[], steps: readonly UndoStep[], settled: number): void {
  const { state } = turn;
  const left = new Set(steps.slice(settled).map(({ task }) => task));
  const isLeft = (id: string): boolean => tasksOf(state, id).some((task) => left.has(task.id));
  const first = order.findIndex(isLeft);
  const half = standingOf(state, order[first] ?? '');
  for (const { task } of steps.slice(0, settled)) {
    const news = state.tasks[task];
    if (news && half && tasksOf(state, half.id).some(({ id }) => id === task))
      state.tasks[task] = { ...news, state: 'cancelled', startedAt: null, deliverables: [], reason: 'it was rolled back' };
  }
  if (half) half.isHalfUndone = true;
  const { by } = state.rollback as ExecutionRollback;
  finish(turn, first === -1 ? order : order.slice(0, first), describeBrokenOff(settled, steps));
  if (!state.cancelling) stop(turn, { by, reason: 'the rollback ended half way', mode: 'drain' });
}

function finish(turn: ExecutionTurn, undone: readonly string[], how: string): void {
  const { state } = turn;
  const { n, by, reason, policy, next } = state.rollback as ExecutionRollback;
  const why = `by ${by}${reason ? `: ${reason}` : ''}`;
  const isReopened = policy === 'reopen' && !state.cancelling;
  delete state.rollback;
  for (const id of undone) takeBack(turn, standingOf(state, id) as SprintStanding, isReopened, why);
  const fate = isReopened ? 'begin again' : 'are left';
  decide(turn, 'rollbackEnded', `rollback ${n} has ended: ${how}; ${undone.length} sprints ${fate}`, {
    rollback: n,
    sprints: undone,
  });
  if (state.cancelling) return enterPhase(turn, 'stopping', 'cancelled');
  if (next !== 'stopped') {
    enterPhase(turn, next, next === 'paused' ? `paused, then rolled back ${why}` : null);
    if (next === 'paused') openOwnItem(turn, 'paused');
    return;
  }
  state.stoppedFrom = 'running';
  enterPhase(turn, 'stopping', `stopped, then rolled back ${why}`);
}

/** The sprint is as it was before it began, except that the numbers of attempts go on; and so is what was skipped because of it. */
function takeBack(turn: ExecutionTurn, sprint: SprintStanding, isReopened: boolean, why: string): void {
  const { state } = turn;
  sprint.earlier = addRound(state, sprint, why);
  for (const { id } of tasksOf(state, sprint.id)) delete state.tasks[id];
  sprint.state = isReopened ? 'waiting' : 'skipped';
  sprint.progress = null;
  delete sprint.endedAs;
  delete sprint.isHalfUndone;
  decide(turn, 'sprintRolledBack', `sprint ${sprint.id} was rolled back ${why}`, { sprint: sprint.id, isReopened });
  if (!isReopened) return;
  for (const later of withLater(state, sprint.id)) if (later.state === 'skipped') later.state = 'waiting';
}
