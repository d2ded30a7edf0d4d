import { amendDefinition, type SprintAmendment } from './amended-definition.ts';
import { onDependencyChanged } from './conflicts.ts';
import { reviewAmended } from './budget-amendment.ts';
import { gatherReached } from './checkpoints.ts';
import { isHeldByEscalation } from './escalations.ts';
import { applyMeasures } from './contingencies.ts';
import type { SprintEvent } from './events.ts';
import { searchOrder } from './ordering.ts';
import type { Task } from '../plan/plan.ts';
import { dropProposal, holdProposal, settleProposal } from './proposals.ts';
import { withdrawMoveOf, withdrawMoves } from './reallocations.ts';
import { keepAgent } from './reassignment.ts';
import { regrow, requeue } from './regrowth.ts';
import { isAtWork, isTaskEnded, type TaskRun } from './state.ts';
import { calledOffBy, callOffCancelled, callOffTask, skipTask } from './task-ends.ts';
import { addTimer } from './timers.ts';
import { alert, decide, nextSpec, resolveAlert, taskRun, taskSpec, type Turn } from './turn.ts';
import { withdrawAttempt } from './withdrawal.ts';

/** What the execution tells of a revision of the plan. */
export function takeAmendment(
  turn: Turn,
  event: Extract<SprintEvent, { type: 'amended' | 'tasksHeld' | 'tasksReleased' | 'proposalSettled' }>,
): void {
  switch (event.type) {
    case 'amended':
      amend(turn, event.amendment);
      return event.proposal === undefined ? undefined : settleProposal(turn, event.proposal, null);
    case 'tasksHeld':
      holdTasks(turn, event.revision, event.taskIds);
      return event.proposal === undefined ? undefined : holdProposal(turn, event.proposal, event.revision);
    case 'tasksReleased':
      releaseTasks(turn, event.revision);
      return dropProposal(turn, event.revision, event.why ?? 'it was dropped');
    case 'proposalSettled':
      return settleProposal(turn, event.proposal, event.why);
  }
}

/**
 * The amended plan comes into force. A task that has ended meanwhile stays as it was; one at work is done as it was begun, and is another
 * from its next attempt on, which `restart` and a cancellation bring about now.
 */
function amend(turn: Turn, amendment: SprintAmendment): void {
  const { revision, tasks = [], restart = [] } = amendment;
  const { state } = turn;
  const { durationMs } = turn.definition.sprint;
  endHold(turn);
  // Who may do what is another question then.
  if (amendment.team) withdrawMoves(turn, `changed by revision ${revision}`);
  const waiting: Task[] = [];
  const atWork: number[] = [];
  for (const task of tasks.map((one) => keepAgent(turn, one))) {
    const number = turn.index.taskNumber.get(task.id);
    const run = number === undefined ? null : taskRun(turn, number);
    if (number !== undefined) withdrawMoveOf(turn, number, `changed by revision ${revision}`);
    if (run && isTaskEnded(run.state)) refuseLateChange(turn, task.id, revision, run);
    else if (number !== undefined && run && isAtWork(run.state)) {
      (state.pending ??= {})[task.id] = task;
      atWork.push(number);
    } else waiting.push(task);
    if (number !== undefined && run && !isTaskEnded(run.state)) changePriority(run, turn.index.tasks[number] as Task, task);
  }
  const rebudgeted = atWork.flatMap((number) => withNextBudget(turn, number) ?? []);
  regrow(turn, amendDefinition(turn.definition, { ...amendment, tasks: [...rebudgeted, ...waiting] }));
  const text = `revision ${revision} of the plan is in force: ${waiting.length} tasks waiting are new or changed, ${atWork.length} at work`;
  decide(turn, 'amended', text, { revision, tasks: tasks.length });
  if (durationMs !== turn.definition.sprint.durationMs) changeDuration(turn);
  reviewAmended(turn);
  dropCancelled(turn, waiting, revision);
  dropBroken(turn, waiting);
  for (const number of atWork) {
    const { id } = taskSpec(turn, number);
    const isCancelled = nextSpec(turn, number).cancelled === true;
    if (isCancelled || restart.includes(id)) withdrawAttempt(turn, number, calledOffBy(revision, isCancelled));
  }
  for (const number of atWork) noteChangedDependencies(turn, number, revision);
  gatherReached(turn);
  applyMeasures(turn);
  requeue(turn);
  if (amendment.watched) turn.effects.push({ type: 'watchProbes' });
  searchOrder(turn);
  turn.news = 'urgent';
}

/** What the attempts of a task may use holds at once, for the one at work too. */
function withNextBudget(turn: Turn, number: number): Task | null {
  const [now, next] = [turn.definition.sprint.tasks[number] as Task, nextSpec(turn, number)];
  return JSON.stringify(now.budget) === JSON.stringify(next.budget) ? null : { ...now, budget: next.budget };
}

/** One at work was given the results of what it depended on when it began. */
function noteChangedDependencies(turn: Turn, number: number, revision: number): void {
  const [before, now] = [taskSpec(turn, number), nextSpec(turn, number)].map(({ dependsOn }) =>
    dependsOn.map(({ task }) => task),
  );
  if (before?.toSorted().join() === now?.toSorted().join()) return;
  const cause = `revision ${revision} of the plan has it depend on ${now?.join(', ') || 'nothing'}, when it began that was ${before?.join(', ') || 'nothing'}`;
  onDependencyChanged(turn, number, {
    what: `revision ${revision}`,
    cause,
    evidence: { revision, before: before ?? [], now: now ?? [] },
  });
}

/** Its priority of now follows the plan only where the plan's has changed: `setPriority` may have been said since. */
function changePriority(run: TaskRun, before: Task, { priority }: Task): void {
  if (before.priority !== priority) run.priority = priority;
}

function refuseLateChange(turn: Turn, id: string, revision: number, { state }: TaskRun): void {
  decide(turn, 'amendmentTooLate', `revision ${revision} changes "${id}", which is ${state} already: it stays so`, {
    task: id,
    revision,
  });
}

/** Whoever has amended it is told, too: by the alert. */
function tellTooLate(turn: Turn, id: string, { attempt, state }: TaskRun): void {
  const text = `"${id}" is ${state} as it was begun: its attempt ${attempt} ended before an amendment of it could hold`;
  decide(turn, 'amendmentTooLate', text, { task: id });
  alert(turn, 'communication', `amendment/${id}`, text);
}

function changeDuration(turn: Turn): void {
  const { durationMs } = turn.definition.sprint;
  resolveAlert(turn, 'duration');
  if (durationMs !== null) addTimer(turn.state, { at: turn.state.startedAt + durationMs, kind: 'duration', ref: 0 });
}

/** Ends what is cancelled. */
function dropCancelled(turn: Turn, changed: readonly Task[], revision: number): void {
  for (const { id, cancelled } of changed)
    if (cancelled) callOffTask(turn, turn.index.taskNumber.get(id) as number, calledOffBy(revision, true));
}

/** Ends those of changed tasks that wait for something that will never be done. */
function dropBroken(turn: Turn, changed: readonly Task[]): void {
  for (const { id } of changed) {
    const task = turn.index.taskNumber.get(id) as number;
    if (isTaskEnded(taskRun(turn, task).state)) continue;
    const broken = (turn.index.dependencies[task] as number[]).find((before) => isBroken(taskRun(turn, before)));
    if (broken !== undefined) skipTask(turn, task, `depends on "${taskSpec(turn, broken).id}", which did not get done`);
  }
}

const isBroken = ({ state }: TaskRun): boolean => isTaskEnded(state) && state !== 'done';

/** Attempts of changed tasks have ended: what they are now holds. Costs nothing where no change is pending. */
export function settlePending(turn: Turn): void {
  const { pending } = turn.state;
  if (!pending) return;
  const due = Object.values(pending).filter(({ id }) => !isAtWork(taskRun(turn, turn.index.taskNumber.get(id) as number).state));
  if (due.length === 0) return;
  for (const { id } of due) delete pending[id];
  if (Object.keys(pending).length === 0) delete turn.state.pending;
  const numberOf = (id: string): number => turn.index.taskNumber.get(id) as number;
  const runOf = (id: string): TaskRun => taskRun(turn, numberOf(id));
  const late = due.filter(({ id }) => isTaskEnded(runOf(id).state));
  const isAmended = (task: Task): boolean => !isOnlyInstead(turn.definition.sprint.tasks[numberOf(task.id)] as Task, task);
  for (const task of late.filter(isAmended))
    if (!task.cancelled || runOf(task.id).state !== 'cancelled') tellTooLate(turn, task.id, runOf(task.id));
  // A cancelled one has ended, and must not be done by a rollback that opens it again.
  const open = due.filter((task) => task.cancelled || !late.includes(task) || !isAmended(task));
  if (open.length === 0) return;
  regrow(turn, amendDefinition(turn.definition, { revision: 0, tasks: open }));
  callOffCancelled(turn);
  dropBroken(turn, open);
  requeue(turn);
}

/** Whether only a contingency has made the one of the other. */
const isOnlyInstead = (before: Task, after: Task): boolean =>
  JSON.stringify({ ...before, instead: null }) === JSON.stringify({ ...after, instead: null });

/** Tasks that a revision changes must not start before it has been decided on; nothing else waits for that. */
function holdTasks(turn: Turn, revision: number, taskIds: readonly string[]): void {
  const { index, state } = turn;
  const tasks = taskIds.flatMap((id) => index.taskNumber.get(id) ?? []);
  for (const task of tasks) withdrawMoveOf(turn, task, `awaiting authorization of revision ${revision}`);
  state.hold = { revision, tasks };
  requeue(turn);
  const names = taskIds.slice(0, 5).join(', ') + (taskIds.length > 5 ? ', …' : '');
  decide(turn, 'tasksHeld', `awaiting authorization of revision ${revision}: ${names || 'new tasks'}`, { revision });
}

/** The revision has been rejected: what waited for it goes on as it was. */
function releaseTasks(turn: Turn, revision: number): void {
  if (turn.state.hold?.revision !== revision) return;
  endHold(turn);
  requeue(turn);
  decide(turn, 'tasksReleased', `revision ${revision} of the plan is dropped: what waited for it goes on as it was`, {
    revision,
  });
}

function endHold(turn: Turn): void {
  for (const task of turn.state.hold?.tasks ?? []) {
    const run = taskRun(turn, task);
    if (run.state === 'waiting' && !isHeldByEscalation(turn, task)) run.reason = null;
  }
  delete turn.state.hold;
}
