import {
  EVERYBODY,
  type AgentMessage,
  type DeliveredMessage,
  type OutsideMessage,
  type Receipt,
  type SentMessage,
} from '../agent-message.ts';
import { clip } from '../clip.ts';
import { toIso } from '../iso-time.ts';
import { jsonBytes } from '../json-size.ts';
import { fireIfHolds } from './activation.ts';
import { acknowledge, keepMessage } from './mail-boxes.ts';
import { findRoute, type Sender } from './mail-routing.ts';
import { findNoise } from './mail-rules.ts';
import { matchTriggers } from './mail-triggers.ts';
import { countDropped, mailOf, type OpenRequest } from './mail.ts';
import { closeRequest, excerptOf, MOST_REQUESTS, openRequest, tellUnanswered } from './requests.ts';
import { isAtWork } from './state.ts';
import { agentOfTask, taskRun, type Turn } from './turn.ts';

const MOST_DELAYS = 100;
const MOST_ANNOUNCEMENTS = 5;
const MAX_ANNOUNCEMENT = 160;

/** What agents of the sprint say to each other, as their workers pass it on, each once. */
export function takeMessages(turn: Turn, messages: readonly SentMessage[]): void {
  const mail = mailOf(turn.state);
  for (const { task_id, attempt, number, sentAt, ...message } of messages) {
    const task = atWork(turn, task_id, attempt);
    const last = task === null ? undefined : mail.heard[task];
    if (last?.attempt === attempt && number <= last.number) continue;
    count(turn, message);
    if (task === null) countDropped(mail, 'stale');
    else {
      mail.heard[task] = { attempt, number };
      const sender = { task, attempt, agent: taskRun(turn, task).agent as number };
      takeMessage(turn, { from: agentOfTask(turn, task).id, task: task_id, sender, sentAt: toIso(sentAt) }, message);
    }
  }
}

/** A message from a program outside. */
export function takeOutsideMessage(turn: Turn, { from, ...message }: OutsideMessage): void {
  count(turn, message);
  takeMessage(turn, { from, task: null, sender: null, sentAt: turn.at }, message);
}

function count({ state }: Turn, { body }: AgentMessage): void {
  const { counts } = mailOf(state);
  counts.sent += 1;
  counts.bytes += jsonBytes(body);
}

/** What workers say of the messages of their attempts. */
export function takeReceipts(turn: Turn, receipts: readonly Receipt[]): void {
  const mail = mailOf(turn.state);
  for (const { task_id, attempt, sequence, delaysMs = [], dropped = {} } of receipts) {
    for (const reason of ['rate', 'size'] as const) if (dropped[reason]) countDropped(mail, reason, dropped[reason]);
    mail.counts.sent += (dropped.rate ?? 0) + (dropped.size ?? 0);
    const task = atWork(turn, task_id, attempt);
    if (task === null || sequence === undefined) continue;
    acknowledge(mail, task, attempt, sequence);
    mail.delaysMs = [...mail.delaysMs, ...delaysMs].slice(-MOST_DELAYS);
  }
}

/** The task's number, while this attempt of it is at work. */
function atWork(turn: Turn, taskId: string, attempt: number): number | null {
  const task = turn.index.taskNumber.get(taskId);
  if (task === undefined) return null;
  const run = taskRun(turn, task);
  return isAtWork(run.state) && run.attempt === attempt ? task : null;
}

interface Origin {
  readonly from: string;
  readonly task: string | null;
  readonly sender: Sender;
  readonly sentAt: string;
}

function takeMessage(turn: Turn, origin: Origin, message: AgentMessage): void {
  const mail = mailOf(turn.state);
  mail.sequence += 1;
  const id = `m${mail.sequence}`;
  const { from, sender } = origin;
  const { to, key, kind, inReplyTo } = message;
  const noise = findNoise(mail, from, to ?? `re:${inReplyTo}`, message, turn.state.now);
  if (noise !== null) return countDropped(mail, noise);
  for (const trigger of matchTriggers(turn, from, message)) fireIfHolds(turn, trigger);
  if (kind === 'announcement' && to === EVERYBODY) {
    const announcement = { from: clip(from, MAX_ANNOUNCEMENT), text: clip(excerptOf(message.body), MAX_ANNOUNCEMENT) };
    mail.announcements = [...mail.announcements, announcement].slice(-MOST_ANNOUNCEMENTS);
  }
  const isRequest = kind === 'request';
  const isTooMuch = isRequest && Object.keys(mail.requests).length >= MOST_REQUESTS;
  const route = isTooMuch ? ({ dropped: 'full' } as const) : findRoute(turn, sender, message);
  if ('dropped' in route) {
    countDropped(mail, route.dropped);
    if (isRequest) tellUnanswered(turn, id, { asker: sender, from, to: to ?? '', key, deadlineMs: 0 }, route.dropped);
    return;
  }
  const request = inReplyTo === null ? undefined : mail.requests[inReplyTo];
  // Without either there was no route.
  const receiver = (to ?? request?.from) as string;
  if (route.places.length > 0)
    keepMessage(mail, toDelivered(turn, id, { ...message, to: receiver }, origin, request), route.places);
  if (kind === 'response' && inReplyTo !== null && request !== undefined) closeRequest(turn, inReplyTo, from, message.body);
  if (isRequest) openRequest(turn, id, from, sender, { ...message, to: receiver });
}

function toDelivered(
  turn: Turn,
  id: string,
  { to, priority, kind, body, key, inReplyTo, withinMs }: AgentMessage,
  { from, task, sentAt }: Origin,
  request: OpenRequest | undefined,
): DeliveredMessage {
  return {
    sequence: mailOf(turn.state).sequence,
    id,
    from,
    ...(task === null ? { outside: true as const } : { task }),
    to: to as string,
    priority,
    kind,
    body,
    ...(key === null ? {} : { key }),
    ...(inReplyTo === null ? {} : { inReplyTo }),
    ...(request?.key ? { inReplyToKey: request.key } : {}),
    ...(kind === 'request' ? { answerBy: toIso(turn.state.now + withinMs) } : {}),
    sentAt,
  };
}
