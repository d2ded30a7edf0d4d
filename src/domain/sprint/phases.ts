import { closeItem, openItem } from './inbox.ts';
import { isAtWork, isFinal, type SprintPhase } from './state.ts';
import type { Turn } from './turn.ts';
import { stopAttempt } from './withdrawal.ts';

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
    if (isAtWork(run.state) && isMeant(task)) stopAttempt(turn, task, 'withdrawn by a stop');
  }
}

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
