import { z } from 'zod';
import type { DeliveredMessage } from '../agent-message.ts';
import { takeWithin } from '../json-size.ts';
import { toAllowance, type Allowance } from './budget-views.ts';
import { describeOthers } from './digest.ts';
import { messagesAfter } from './mail-boxes.ts';
import { isAtWork, type Answer } from './state.ts';
import type { Sprint } from './turn.ts';

const asked = z.object({
  taskId: z.string(),
  attempt: z.number(),
  /** Sequence number of the last message that the agent has got; absent: it can be given none. */
  received: z.int().min(0).optional(),
  digest: z.boolean().optional(),
});
const mailboxSchema = z.object({ attempts: z.array(asked).max(2000) });

/** Of one answer; the rest comes with the next one. */
const MAX_MESSAGE_BYTES = 512 * 1024;

/** Answer of the query `mailbox`: what workers hand to the agents that they run. */
export interface MailboxView {
  readonly answers: readonly ({ readonly taskId: string; readonly attempt: number } & Answer)[];
  /** Each once, oldest first; `attempts` are places in the list of attempts that was asked for. */
  readonly messages?: readonly (DeliveredMessage & { readonly attempts: readonly number[] })[];
  /** What attempts that budgets concern may use now. */
  readonly allowances?: readonly ({ readonly taskId: string; readonly attempt: number } & Allowance)[];
  readonly digests?: readonly { readonly taskId: string; readonly attempt: number; readonly text: string }[];
}

export function toMailbox(sprint: Sprint, raw: unknown): MailboxView {
  const parsed = mailboxSchema.safeParse(raw);
  if (!parsed.success) return { answers: [] };
  const { index, state } = sprint;
  const current = parsed.data.attempts.flatMap(({ taskId, attempt, ...wanted }, place) => {
    const task = index.taskNumber.get(taskId) ?? -1;
    const run = state.tasks[task];
    return run?.attempt === attempt && isAtWork(run.state) ? [{ taskId, attempt, task, run, place, ...wanted }] : [];
  });
  const messages = collectMessages(sprint, current);
  const digests = current.flatMap(({ taskId, attempt, task, digest }) =>
    digest ? [{ taskId, attempt, text: describeOthers(sprint, task) }] : [],
  );
  const allowances = current.flatMap(({ taskId, attempt, task }) => {
    const allowance = toAllowance(sprint, task);
    return allowance === null ? [] : [{ taskId, attempt, ...allowance }];
  });
  return {
    answers: current.flatMap(({ taskId, attempt, run }) => run.answers.map((answer) => ({ taskId, attempt, ...answer }))),
    ...(messages.length === 0 ? {} : { messages }),
    ...(allowances.length === 0 ? {} : { allowances }),
    ...(digests.length === 0 ? {} : { digests }),
  };
}

interface Listener {
  readonly task: number;
  readonly place: number;
  readonly received?: number | undefined;
}

function collectMessages({ state: { mail } }: Sprint, listeners: readonly Listener[]): NonNullable<MailboxView['messages']> {
  if (mail === null) return [];
  const bySequence = new Map<number, DeliveredMessage & { attempts: number[] }>();
  for (const { task, place, received } of listeners) {
    if (received === undefined) continue;
    for (const message of messagesAfter(mail, task, received)) {
      const known = bySequence.get(message.sequence);
      if (known) known.attempts.push(place);
      else bySequence.set(message.sequence, { ...message, attempts: [place] });
    }
  }
  const inOrder = [...bySequence.values()].toSorted((a, b) => a.sequence - b.sequence);
  return takeWithin(inOrder, MAX_MESSAGE_BYTES);
}
