import { MESSAGES_PER_MINUTE, type AgentMessage } from '../domain/agent-message.ts';
import type { PerformTaskInput } from '../domain/attempt.ts';
import type { StatusBatcher } from './status-batcher.ts';

const MINUTE_MS = 60_000;

/** Takes what one attempt's agent says to others: numbered, within the limits, counted where it is not sent. */
export function createAttemptMessages(statuses: Pick<StatusBatcher, 'send' | 'receipt'>, input: PerformTaskInput) {
  const { ownerId, attempt, task } = input;
  const identity = { task_id: task.id, attempt };
  let number = 0;
  let since = 0;
  let inMinute = 0;
  const drop = (reason: 'rate' | 'size'): void => statuses.receipt(ownerId, { ...identity, dropped: { [reason]: 1 } });
  /** Answers why the message is not sent, or null. null stands for one that does not fit. */
  return (message: AgentMessage | null): string | null => {
    const now = Date.now();
    if (message === null) {
      drop('size');
      return null;
    }
    if (now - since >= MINUTE_MS) [since, inMinute] = [now, 0];
    inMinute += 1;
    const isWithin =
      inMinute <= MESSAGES_PER_MINUTE && statuses.send(ownerId, { ...message, ...identity, number: number + 1, sentAt: now });
    if (isWithin) {
      number += 1;
      return null;
    }
    drop('rate');
    return `a message to ${message.to ?? message.inReplyTo}: more than ${MESSAGES_PER_MINUTE} in a minute are not sent`;
  };
}
