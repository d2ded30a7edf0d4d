import { answerersOf } from '../answerers.ts';
import { clip } from '../clip.ts';
import { toIso } from '../iso-time.ts';
import { HOLD_MS } from '../sprint/phases.ts';
import type { InboxItem } from '../views.ts';
import { retryDeadlines } from './breakdown-state.ts';
import { alertDeadlines, ownEscalationItems } from './escalation-state.ts';
import type { ExecutionState } from './state.ts';
import { outboxDueAt } from '../notices/outbox.ts';
import { tellItem } from './notices.ts';
import type { ExecutionTurn } from './turn.ts';

const MAX_TITLE = 300;

/** Puts something of the execution itself before people, with its deadline and what happens then. */
export function openOwnItem(turn: ExecutionTurn, kind: 'authorization' | 'paused' | 'stopped'): void {
  const { state } = turn;
  const item = describeItem(state, kind);
  const until = kind === 'authorization' ? (state.authorization.expiresAtMs as number) : state.now + HOLD_MS;
  const open = { ...item, since: toIso(state.now), deadline: toIso(until), deadlineMs: until };
  state.inbox[kind] = open;
  tellItem(turn, open);
}

function describeItem(
  { executionId, authorization, prepared }: ExecutionState,
  kind: 'authorization' | 'paused' | 'stopped',
): Omit<InboxItem, 'since' | 'deadline'> {
  const people = answerersOf(authorization.policy);
  const base = { itemId: kind, kind, people, sprint: null, task: null } as const;
  if (kind !== 'authorization') {
    return {
      ...base,
      title: `${executionId} is ${kind}`,
      question: 'Resume it?',
      options: ['resume'],
      otherwise: 'it is cancelled',
    };
  }
  return {
    ...base,
    title: clip(`Authorize ${prepared?.resolved.plan.project.name}`, MAX_TITLE),
    question: `Review the plan (query authorization) and answer with the message authorize and the hash ${prepared?.planHash}`,
    options: ['authorize'],
    otherwise: 'it is rejected',
  };
}

/** The next moment at which silence ends something, or people can be told more (Unix ms). */
export function nextDeadline(state: ExecutionState): number | null {
  const { amendments, inbox, outbox } = state;
  const items = [...Object.values(inbox), ...ownEscalationItems(state)];
  const deadlines = [...items.map(({ deadlineMs }) => deadlineMs), ...alertDeadlines(state), ...retryDeadlines(state)];
  if (amendments?.pending && !amendments.pending.granted) deadlines.push(amendments.pending.expiresAtMs);
  const tellAt = outboxDueAt(outbox);
  if (tellAt !== null) deadlines.push(tellAt);
  return deadlines.length === 0 ? null : Math.min(...deadlines);
}
