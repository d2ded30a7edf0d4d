import type { RollbackPolicy } from '../rollback/undo-step.ts';
import { rearmTriggers } from './activation.ts';
import { reopenCheckpoints } from './checkpoints.ts';
import { toFirstRun } from './create-sprint.ts';
import { withdrawEscalation } from './escalations.ts';
import { forgetProposal } from './open-proposals.ts';
import { requeue } from './regrowth.ts';
import { isAtWork, isTaskEnded } from './state.ts';
import { callOffCancelled, skipTask, withFeedback } from './task-ends.ts';
import { decide, taskRun, taskSpec, type Turn } from './turn.ts';

interface Reopening {
  readonly by: string;
  readonly reason: string | null;
  readonly policy: RollbackPolicy;
}

/**
 * Tasks that have been undone are as they were before their first attempt, except that the numbers of their attempts go on; what depends on
 * them waits again. Expects none of them to be at work, and of each all that depend on it and have begun. O(n log n) in the tasks of the sprint.
 */
export function reopenTasks(turn: Turn, tasks: readonly number[], why: Reopening): void {
  const { index, state } = turn;
  for (const task of tasks) reopen(turn, task, why);
  for (const [number, run] of state.tasks.entries()) {
    const before = index.dependencies[number] as readonly number[];
    run.waitsFor = before.filter((task) => taskRun(turn, task).state !== 'done').length;
  }
  reopenCheckpoints(turn);
  rearmTriggers(turn, tasks);
  // What an amendment has taken out of the plan meanwhile is not done again.
  callOffCancelled(turn);
  if (why.policy === 'abandon') abandonAll(turn, why);
  requeue(turn);
}

function reopen(turn: Turn, task: number, { by, reason }: Reopening): void {
  const { state, index } = turn;
  const run = taskRun(turn, task);
  const { id, title } = taskSpec(turn, task);
  if (isTaskEnded(run.state)) {
    state.ended -= 1;
    state.work.endedMs -= index.estimateMs[task] as number;
    if (run.state === 'failed') state.failed -= 1;
  }
  for (const open of Object.values(state.escalations)) {
    if (open.cause.task === id) withdrawEscalation(turn, open, `"${id}" was rolled back`);
  }
  forgetProposal(turn, id);
  const text = `Attempt ${run.attempt} was rolled back by ${by}${reason ? `: ${reason}` : ''}`;
  Object.assign(run, {
    ...toFirstRun(run.priority, run.waitsFor),
    attempt: run.attempt,
    escalations: run.escalations,
    feedback: run.attempt === 0 ? [] : withFeedback(run, text.slice(0, 600)),
  });
  delete run.moves;
  decide(turn, 'taskReopened', `"${title}" is open again: rolled back by ${by}`, { task: id, attempt: run.attempt });
}

/** What the rollback leaves undone is not done again, and neither is what has not begun. */
function abandonAll(turn: Turn, { by }: Reopening): void {
  for (const [task, run] of turn.state.tasks.entries()) {
    if (!isTaskEnded(run.state) && !isAtWork(run.state)) skipTask(turn, task, `abandoned: rolled back by ${by}`);
  }
}
