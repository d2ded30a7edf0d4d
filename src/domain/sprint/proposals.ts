import { clip } from '../clip.ts';
import type { EscalationCause } from '../escalation/escalation.ts';
import type { Json } from '../plan/plan.ts';
import { isHeldByEscalation, startEscalation } from './escalations.ts';
import { forgetProposal, type OpenProposal } from './open-proposals.ts';
import { makeReady } from './parking.ts';
import { giveUpTask, MAX_REASON, withFeedback } from './task-ends.ts';
import { toTaskQuestion } from './task-questions.ts';
import { decide, placeOf, taskRun, taskSpec, type Turn } from './turn.ts';

/**
 * A decision of an escalation that changes its task is a revision of the plan, as any amendment is: the sprint proposes it to its execution
 * in the name of whoever decided, and the task waits until it is in force.
 */

/** What the execution is asked for. */
export interface ProposedAmendment {
  /** Number of the escalation. */
  readonly n: number;
  readonly by: string;
  readonly reason: string;
  readonly changes: readonly Json[];
}

export function propose(turn: Turn, task: number, open: OpenProposal, changes: readonly Json[]): void {
  const { id, title } = taskSpec(turn, task);
  const { n, by, note, cause } = open;
  (turn.state.proposals ??= {})[id] = open;
  taskRun(turn, task).reason = `awaits the revision of the plan that ${by} decided`;
  const reason = clip(`escalation ${n}: ${cause.title}${note ? `: ${note}` : ''}`, MAX_REASON);
  decide(
    turn,
    'amendmentProposed',
    `${by} decided to change "${title}"`,
    { task: id, by, escalation: n },
    { task: id, by, changes },
  );
  turn.effects.push({ type: 'proposeAmendment', proposal: { n, by, reason, changes } });
}

/** What became of a proposal. @param why It cannot be; null: it is in force. One that nobody waits for any more changes nothing. */
export function settleProposal(turn: Turn, n: number, why: string | null): void {
  for (const [id, open] of Object.entries(turn.state.proposals ?? {})) if (open.n === n) settle(turn, id, open, why);
}

/** The revision awaits its authorization. */
export function holdProposal(turn: Turn, n: number, revision: number): void {
  for (const [id, open] of Object.entries(turn.state.proposals ?? {})) {
    if (open.n !== n) continue;
    open.revision = revision;
    taskRun(turn, turn.index.taskNumber.get(id) as number).reason = `awaits authorization of revision ${revision}`;
  }
}

/** The revision has been dropped. */
export function dropProposal(turn: Turn, revision: number, why: string): void {
  for (const [id, open] of Object.entries(turn.state.proposals ?? {}))
    if (open.revision === revision) settle(turn, id, open, why);
}

function settle(turn: Turn, id: string, { cause, by, note, priority }: OpenProposal, why: string | null): void {
  const task = turn.index.taskNumber.get(id) as number;
  forgetProposal(turn, id);
  if (!isHeldByEscalation(turn, task)) return;
  if (why !== null) return askAgain(turn, task, cause, why);
  if (priority !== undefined) {
    taskRun(turn, task).priority = priority;
    turn.places[task] = placeOf(turn, task, priority);
  }
  decide(turn, 'taskChanged', `${by} changed "${taskSpec(turn, task).title}"`, { by, task: id });
  retryByDecision(turn, task, by, note);
}

/** What was decided cannot be carried out: whoever decides hears why. */
export function askAgain(turn: Turn, task: number, cause: EscalationCause, why: string): void {
  decide(turn, 'decisionNotPossible', `what was decided about "${cause.title}" is not possible: ${why}`, { key: cause.key });
  const { options, takes } = toTaskQuestion(turn, task);
  if (!startEscalation(turn, cause, options, takes)) giveUpTask(turn, task, '', `${cause.title}: ${why}`);
}

/** One attempt more than the plan allows, with what was said as feedback. */
export function retryByDecision(turn: Turn, task: number, who: string, note: string | null): void {
  const run = taskRun(turn, task);
  run.failures = Math.min(run.failures, taskSpec(turn, task).budget.attempts - 1);
  run.isEscalated = false;
  run.reason = null;
  if (note) run.feedback = withFeedback(run, `${who}: ${clip(note, MAX_REASON)}`);
  makeReady(turn, task);
}
