import { ENGINE, type Receipt } from '../domain/agent-message.ts';
import type { AgentAllowance } from '../adapters/agents/agent-budget.ts';
import type { JsonObject } from '../domain/plan/plan.ts';
import { toMailboxReply, type Answer, type MailboxReply } from './mailbox-reply.ts';

const POLL_MS = 1_000;
/** An agent hears at most so often what others do, and only when that has changed. */
const DIGEST_EVERY_MS = 300_000;

/** Writes a line to the agent; false when it no longer listens, or does not keep up. */
export type Deliver = (line: JsonObject) => boolean;

interface AttemptOf {
  readonly ownerId: string;
  readonly taskId: string;
  readonly attempt: number;
}

/** An open question of a running attempt, and how its answer reaches the agent. */
export interface OpenQuestion extends AttemptOf {
  readonly questionId: string;
  readonly deliver: Deliver;
}

/** A running attempt whose agent reads its input as long as it runs. */
export interface MailListener extends AttemptOf {
  /** Sequence number of the last message in its request. */
  readonly received: number;
  readonly digest: string;
  readonly deliver: Deliver;
  readonly onReceipt: (receipt: Receipt) => void;
}

/** A running attempt that budgets concern. */
export interface WatchedAttempt extends AttemptOf {
  readonly onAllowance: (allowance: AgentAllowance) => void;
}

/** One per worker: fetches what is for the agents that it runs, while some listen or wait for answers, with one query per sprint. */
export interface Mailbox {
  /** Asking again the same question changes nothing; each is answered once. */
  open(question: OpenQuestion): void;
  listen(listener: MailListener): void;
  /** Asks what the attempt may use until it is forgotten. */
  watch(attempt: WatchedAttempt): void;
  /** Something may be there right now. */
  poke(ownerId: string): void;
  /** The attempt has ended. */
  forget(ownerId: string, taskId: string, attempt: number): void;
  close(): void;
}

export interface MailboxDeps {
  /** Queries a workflow; rejects when it cannot be reached. */
  readonly query: (workflowId: string, name: string, input: unknown) => Promise<unknown>;
  readonly log: { debug(message: string, attributes?: Record<string, unknown>): void };
  readonly pollMs?: number;
}

interface Attempt {
  readonly taskId: string;
  readonly attempt: number;
  readonly open: Map<string, OpenQuestion>;
  /** Questions that are open or answered, so that a repeated one is not answered twice. */
  readonly known: Set<string>;
  listener: MailListener | null;
  watched: WatchedAttempt | null;
  received: number;
  digest: string;
  digestAt: number;
}

interface Owner {
  readonly attempts: Map<string, Attempt>;
  timer: NodeJS.Timeout | null;
  isPolling: boolean;
  isPoked: boolean;
}

export function createMailbox(deps: MailboxDeps): Mailbox {
  const owners = new Map<string, Owner>();
  const { begin, hurry } = createPolls(deps, owners);
  const attemptOf = ({ ownerId, taskId, attempt }: AttemptOf): Attempt => {
    const owner = owners.get(ownerId) ?? { attempts: new Map(), timer: null, isPolling: false, isPoked: false };
    owners.set(ownerId, owner);
    const key = keyOf({ taskId, attempt });
    const known = owner.attempts.get(key) ?? newAttempt(taskId, attempt);
    owner.attempts.set(key, known);
    return known;
  };
  return {
    open(question) {
      const { known, open } = attemptOf(question);
      if (known.has(question.questionId)) return;
      known.add(question.questionId);
      open.set(question.questionId, question);
      begin(question.ownerId);
    },
    listen(listener) {
      const { received, digest } = listener;
      Object.assign(attemptOf(listener), { listener, received, digest, digestAt: Date.now() });
      begin(listener.ownerId);
    },
    watch(watched) {
      attemptOf(watched).watched = watched;
      begin(watched.ownerId);
    },
    poke: hurry,
    forget(ownerId, taskId, attempt) {
      const owner = owners.get(ownerId);
      if (owner === undefined) return;
      owner.attempts.delete(keyOf({ taskId, attempt }));
      if (owner.attempts.size > 0) return;
      if (owner.timer !== null) clearTimeout(owner.timer);
      owners.delete(ownerId);
    },
    close() {
      for (const { timer } of owners.values()) if (timer !== null) clearTimeout(timer);
      owners.clear();
    },
  };
}

/** Asks each owner every second while somebody of it waits. */
function createPolls(deps: MailboxDeps, owners: ReadonlyMap<string, Owner>) {
  const poll = async (ownerId: string, owner: Owner): Promise<void> => {
    owner.timer = null;
    owner.isPolling = true;
    owner.isPoked = false;
    const now = Date.now();
    const asked = [...owner.attempts.values()].filter(isWaiting);
    try {
      const reply = await deps.query(ownerId, 'mailbox', { attempts: asked.map((attempt) => toAsked(attempt, now)) });
      handOut(deps, owner, asked, toMailboxReply(reply));
    } catch (error) {
      deps.log.debug('The mailbox could not be fetched and will be asked again', { workflowId: ownerId, error: String(error) });
    }
    owner.isPolling = false;
    schedule(ownerId, owner, now);
  };
  const schedule = (ownerId: string, owner: Owner, since: number): void => {
    if (owner.timer !== null || owner.isPolling || owners.get(ownerId) !== owner) return;
    if (![...owner.attempts.values()].some(isWaiting)) return;
    const waitMs = owner.isPoked ? 0 : Math.max(0, since + (deps.pollMs ?? POLL_MS) - Date.now());
    owner.timer = setTimeout(() => void poll(ownerId, owner), waitMs);
    owner.timer.unref();
  };
  const begin = (ownerId: string): void => schedule(ownerId, owners.get(ownerId) as Owner, Date.now());
  const hurry = (ownerId: string): void => {
    const owner = owners.get(ownerId);
    if (owner === undefined) return;
    owner.isPoked = true;
    if (owner.timer !== null) clearTimeout(owner.timer);
    owner.timer = null;
    begin(ownerId);
  };
  return { begin, hurry };
}

const keyOf = ({ taskId, attempt }: Pick<Answer, 'taskId' | 'attempt'>): string => `${taskId}#${attempt}`;

const newAttempt = (taskId: string, attempt: number): Attempt => ({
  taskId,
  attempt,
  open: new Map(),
  known: new Set(),
  listener: null,
  watched: null,
  received: 0,
  digest: '',
  digestAt: 0,
});

const isWaiting = ({ open, listener, watched }: Attempt): boolean => listener !== null || watched !== null || open.size > 0;

function toAsked({ taskId, attempt, listener, received, digestAt }: Attempt, now: number): JsonObject {
  const isDigestDue = listener !== null && now - digestAt >= DIGEST_EVERY_MS;
  return { taskId, attempt, ...(listener === null ? {} : { received }), ...(isDigestDue ? { digest: true } : {}) };
}

/** @param asked Those that the reply's places mean; who has ended meanwhile is left out. */
function handOut(deps: MailboxDeps, owner: Owner, asked: readonly Attempt[], reply: MailboxReply): void {
  for (const answer of reply.answers) deliverAnswer(deps, owner, answer);
  const isHere = (attempt: Attempt): boolean => owner.attempts.get(keyOf(attempt)) === attempt;
  for (const [place, attempt] of asked.entries()) {
    const own = reply.messages.filter(({ attempts }) => attempts.includes(place));
    if (own.length > 0 && isHere(attempt)) deliverMessages(attempt, own);
  }
  for (const { taskId, attempt, ...allowance } of reply.allowances)
    owner.attempts.get(keyOf({ taskId, attempt }))?.watched?.onAllowance(allowance);
  for (const { taskId, attempt, text } of reply.digests) {
    const known = owner.attempts.get(keyOf({ taskId, attempt }));
    if (known) deliverDigest(known, text);
  }
}

function deliverAnswer(deps: MailboxDeps, owner: Owner, answer: Answer): void {
  const attempt = owner.attempts.get(keyOf(answer));
  const question = attempt?.open.get(answer.questionId);
  if (attempt === undefined || question === undefined) return;
  attempt.open.delete(answer.questionId);
  const { questionId: id, decision, text, data } = answer;
  if (!question.deliver({ pact: 'answer', id, decision, text, data })) {
    const key = `${keyOf(answer)}/${id}`;
    deps.log.debug('An answer came too late: the agent has closed its input', { question: key });
  }
}

/** Each once, in their order; what the agent does not take now is asked for again. */
function deliverMessages(attempt: Attempt, messages: MailboxReply['messages']): void {
  const { listener, taskId } = attempt;
  const delaysMs: number[] = [];
  for (const { sequence, sentAt, line } of messages) {
    if (listener === null || sequence <= attempt.received) continue;
    if (!listener.deliver(line)) break;
    attempt.received = sequence;
    delaysMs.push(Math.max(0, Date.now() - sentAt));
  }
  if (delaysMs.length > 0)
    listener?.onReceipt({ task_id: taskId, attempt: attempt.attempt, sequence: attempt.received, delaysMs });
}

function deliverDigest(attempt: Attempt, text: string): void {
  attempt.digestAt = Date.now();
  if (text === attempt.digest) return;
  attempt.digest = text;
  const sentAt = new Date(attempt.digestAt).toISOString();
  attempt.listener?.deliver({
    pact: 'message',
    id: 'digest',
    from: ENGINE,
    priority: 'low',
    kind: 'notice',
    body: { digest: text },
    sentAt,
  });
}
