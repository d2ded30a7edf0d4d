import { describeSlack, describeTime, type Conflict, type Verdict } from '../mediation/conflict.ts';
import type { JsonObject } from '../plan/plan.ts';
import { RESTART } from './conflict-actions.ts';
import { slackOf } from './slack.ts';
import { isAtWork } from './state.ts';
import { taskRun, taskSpec, type Turn } from './turn.ts';

export interface DependencyChange {
  /** Unique for the attempt: one change is one conflict. */
  readonly what: string;
  /** What has changed, in words; a sentence goes on after it. */
  readonly cause: string;
  readonly evidence: JsonObject;
}

/**
 * What a task at work builds on is not any more what it was given. With enough slack it is begun anew, else somebody decides; by silence it
 * is begun anew, too, since nobody has said that the old is good enough. null: it is not at work.
 */
export function toDependencyConflict(
  turn: Turn,
  task: number,
  change: DependencyChange,
): { conflict: Conflict; verdict: Verdict | null } | null {
  const run = taskRun(turn, task);
  const { id } = taskSpec(turn, task);
  const key = `dependency/${id}#${run.attempt}/${change.what}`;
  if (!isAtWork(run.state) || run.withdrawn !== undefined) return null;
  const spentMs = turn.state.now - (run.startedAt as number);
  const slackMs = slackOf(turn, task);
  const conflict: Conflict = {
    key,
    kind: 'dependency',
    title: `what "${id}" builds on has changed under it`,
    cause: `${change.cause}; it has been at work for ${describeTime(spentMs)} and has ${describeSlack(slackMs)}.`,
    evidence: { task: id, spentMs, slackMs: Math.round(slackMs), ...change.evidence },
    alternatives: [
      { id: RESTART, text: 'the attempt is ended and begun anew with what holds now' },
      { id: 'continue', text: 'the attempt goes on with what it was given' },
    ],
    fallback: RESTART,
    subject: { type: 'attempt', task, attempt: run.attempt },
  };
  const why = `${describeSlack(slackMs)} is enough for ${describeTime(spentMs)} of work once more`;
  return { conflict, verdict: slackMs >= spentMs ? { decision: RESTART, by: 'slack', why } : null };
}
