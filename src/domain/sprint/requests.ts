import { ENGINE, type AgentMessage, type DeliveredMessage } from '../agent-message.ts';
import { clip } from '../clip.ts';
import type { Json } from '../plan/plan.ts';
import type { EscalationCause } from '../escalation/escalation.ts';
import { isEscalated, startEscalation } from './escalations.ts';
import { keepMessage } from './mail-boxes.ts';
import { routeToAsker, type Sender } from './mail-routing.ts';
import { mailOf, type OpenRequest } from './mail.ts';
import { addTimer } from './timers.ts';
import { alert, decide, resolveAlert, taskSpec, toIso, type Turn } from './turn.ts';

/** Requests of a sprint that wait for an answer at a time. */
export const MOST_REQUESTS = 200;

const MAX_EXCERPT = 200;
export const excerptOf = (body: Json): string => clip(typeof body === 'string' ? body : JSON.stringify(body), MAX_EXCERPT);

/** Waits for the answer to a request that was sent. */
export function openRequest(
  turn: Turn,
  id: string,
  from: string,
  asker: Sender,
  { to, key, withinMs, body }: AgentMessage,
): void {
  const deadlineMs = turn.state.now + withinMs;
  const receiver = to as string;
  mailOf(turn.state).requests[id] = { asker, from, to: receiver, key, deadlineMs };
  addTimer(turn.state, { at: deadlineMs, kind: 'request', ref: id });
  decide(turn, 'requestSent', `${from} asks ${receiver}: ${excerptOf(body)}`, {
    id,
    from,
    to: receiver,
    answerBy: toIso(deadlineMs),
  });
}

/** A response has come: what earlier silence between the two has raised is over. */
export function closeRequest(turn: Turn, id: string, from: string, body: Json): void {
  const { requests } = mailOf(turn.state);
  const request = requests[id] as OpenRequest;
  delete requests[id];
  resolveAlert(turn, alertIdOf(request));
  // An asker outside gets nothing delivered: the ledger has all of it.
  const evidence = { id, from, to: request.from, ...(request.asker === null ? { body } : {}) };
  decide(
    turn,
    'requestAnswered',
    `${from} answers ${request.from}: ${excerptOf(body)}`,
    { id, from, to: request.from },
    evidence,
  );
}

/** Nobody answered in time: the asker is told, people see an alert. */
export function requestIsDue(turn: Turn, id: string): void {
  const { requests, counts } = mailOf(turn.state);
  const request = requests[id] as OpenRequest;
  delete requests[id];
  counts.unanswered += 1;
  const text = `${request.to} did not answer ${request.from} by ${toIso(request.deadlineMs)}`;
  decide(turn, 'requestUnanswered', text, { id, from: request.from, to: request.to });
  raise(turn, id, request, text);
  tellUnanswered(turn, id, request, 'deadline');
}

/** Before the chain that the plan declares; an alert where it declares none. */
function raise(turn: Turn, id: string, request: OpenRequest, text: string): void {
  const { asker, from, to } = request;
  const task = asker === null ? null : taskSpec(turn, asker.task).id;
  const cause: EscalationCause = {
    key: alertIdOf(request),
    kind: 'unansweredRequest',
    severity: 'medium',
    title: `${to} does not answer ${from}`,
    text,
    task,
    agent_id: turn.index.agentNumber.has(to) ? to : null,
    evidence: { id, from, to },
    measures: ['the asker was told that no answer will come'],
  };
  const isDeclared = isEscalated(turn, asker?.task ?? -1);
  if (isDeclared && startEscalation(turn, cause, ['continue', 'hold', 'stop'])) return;
  alert(turn, 'communication', cause.key, text);
}

/** One alert for each pair, however much goes unanswered between them. */
const alertIdOf = ({ from, to }: OpenRequest): string => `unanswered/${from}/${clip(to, 100)}`;

/** Tells the asker that no answer will come, and why: its deadline has passed, or the request reached nobody. */
export function tellUnanswered(turn: Turn, id: string, request: OpenRequest, reason: string): void {
  const route = routeToAsker(turn, request);
  if (!('places' in route) || route.places.length === 0) return;
  const mail = mailOf(turn.state);
  mail.sequence += 1;
  const message: DeliveredMessage = {
    sequence: mail.sequence,
    id: `m${mail.sequence}`,
    from: ENGINE,
    to: request.from,
    priority: 'urgent',
    kind: 'notice',
    body: { unanswered: id, to: request.to, reason },
    inReplyTo: id,
    ...(request.key === null ? {} : { inReplyToKey: request.key }),
    sentAt: turn.at,
  };
  keepMessage(mail, message, route.places);
}
