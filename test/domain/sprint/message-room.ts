import type { AgentMessage, DeliveredMessage, SentMessage } from '../../../src/domain/agent-message.ts';
import { toMailbox } from '../../../src/domain/sprint/mailbox.ts';
import { toProgress } from '../../../src/domain/sprint/progress.ts';
import type { MessagesView } from '../../../src/domain/views.ts';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const NOTICE: AgentMessage = {
  to: 'bo',
  priority: 'normal',
  kind: 'notice',
  body: null,
  inReplyTo: null,
  key: null,
  withinMs: 600_000,
};

type Given = Partial<Parameters<typeof runSprint>[0]>;

/** `ann` and `bo` listen, `deaf` does not, `eve` is a person; each has a task that starts at once, `late` comes after `ann`'s. */
export function openRoom(given: Given = {}) {
  const names = ['ann', 'bo', 'deaf', 'eve'];
  const run = runSprint({
    tasks: [
      ...names.map((name) => task(`of-${name}`, { agent: name })),
      task('late', { agent: 'deaf', dependsOn: ['of-ann'] }),
      task('last', { agent: 'bo', dependsOn: ['of-bo', 'of-ann'] }),
    ],
    agents: [
      agent('ann', { input: 'stream', capacity: 3 }),
      agent('bo', { input: 'stream' }),
      agent('deaf'),
      agent('eve', { kind: 'human' }),
    ],
    ...given,
  });
  const numbers = new Map<string, number>();
  /** As a worker does. */
  const say = (from: string, message: Partial<AgentMessage>, more: Partial<SentMessage> = {}) => {
    const number = (numbers.get(from) ?? 0) + 1;
    numbers.set(from, number);
    const sent = {
      ...NOTICE,
      ...message,
      task_id: from,
      attempt: run.runOf(from)?.attempt ?? 1,
      number,
      sentAt: run.now(),
      ...more,
    };
    return run.happen({ type: 'messagesSent', messages: [sent], receipts: [] });
  };
  const outside = (message: Partial<AgentMessage>, from = 'pipeline') =>
    run.happen({ type: 'messageReceived', message: { ...NOTICE, ...message, from } });
  const fetch = (id: string, received = 0): readonly DeliveredMessage[] =>
    toMailbox(run.sprint, { attempts: [{ taskId: id, attempt: run.runOf(id).attempt, received }] }).messages ?? [];
  const acknowledge = (id: string, sequence: number, delaysMs = [5]) =>
    run.happen({
      type: 'messagesSent',
      messages: [],
      receipts: [{ task_id: id, attempt: run.runOf(id).attempt, sequence, delaysMs }],
    });
  const counters = (): MessagesView => toProgress(run.sprint, 9).coordination.messages as MessagesView;
  const requestOf = (id: string) =>
    run
      .performed()
      .filter((input) => input.task.id === id)
      .at(-1)?.messages;
  run.start();
  return { ...run, say, outside, fetch, acknowledge, counters, requestOf };
}

export const bodies = (messages: readonly DeliveredMessage[] | undefined) => messages?.map(({ body }) => body);
