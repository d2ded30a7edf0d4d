import type { AttemptFailure } from '../attempt.ts';
import { failAttempt } from './attempts.ts';
import { closeItem, openItem } from './inbox.ts';
import { isAtWork, isFinal, type SprintPhase } from './state.ts';
import { agentOfTask, taskSpec, type Turn } from './turn.ts';

/** How long a paused or stopped sprint waits for a person before it is cancelled. */
export const HOLD_MS = 7 * 86_400_000;

export function enterPhase(turn: Turn, phase: SprintPhase, reason: string | null): void {
  turn.state.phase = phase;
  turn.state.reason = reason;
  turn.news = 'urgent';
  if (isFinal(phase)) turn.state.endedAt = turn.state.now;
}

/** Nothing new starts; the sprint goes on to its next phase when what is at work has ended. */
export function startDrain(turn: Turn, reason: string): void {
  const { state } = turn;
  closeItem(turn, 'paused');
  closeItem(turn, 'stopped');
  if (state.phase !== 'stopping') state.drain = { of: state.running, done: 0 };
  enterPhase(turn, 'stopping', reason);
}

export function haltAttempts(turn: Turn, isMeant = (_task: number): boolean => true): void {
  for (const [task, run] of turn.state.tasks.entries()) {
    if (!isAtWork(run.state) || !isMeant(task)) continue;
    const isHuman = agentOfTask(turn, task).kind === 'human';
    if (isHuman) failAttempt(turn, task, STOPPED);
    else turn.effects.push({ type: 'cancelAttempt', taskId: taskSpec(turn, task).id, attempt: run.attempt });
  }
}

const STOPPED: AttemptFailure = {
  cause: 'stopped',
  type: 'AgentError',
  message: 'withdrawn by a stop',
  retryable: true,
  exitCode: null,
  tail: '',
  checks: [],
  log: null,
};

export function holdFor(turn: Turn, kind: 'paused' | 'stopped'): void {
  const item = {
    itemId: kind,
    kind,
    title: `sprint ${turn.definition.sprint.id} is ${kind}`,
    question: 'Resume it?',
    options: ['resume'],
    people: turn.definition.people,
    otherwise: 'it is cancelled',
    sprint: turn.definition.sprint.id,
    task: null,
  };
  openItem(turn, item, HOLD_MS);
}
