import type { JsonObject } from '../domain/plan/plan.ts';

const POLL_MS = 1_000;

/** An open question of a running attempt, and how its answer reaches the agent. */
export interface OpenQuestion {
  readonly ownerId: string;
  readonly taskId: string;
  readonly attempt: number;
  readonly questionId: string;
  /** Writes a line to the agent; false when it no longer listens. */
  readonly deliver: (line: JsonObject) => boolean;
}

/** One per worker: fetches people's answers while attempts on this worker wait for some, with one query per sprint. */
export interface Answers {
  /** Asking again the same question changes nothing; each is answered once. */
  open(question: OpenQuestion): void;
  /** The attempt has ended. */
  forget(ownerId: string, taskId: string, attempt: number): void;
  close(): void;
}

export interface AnswersDeps {
  /** Queries a workflow; rejects when it cannot be reached. */
  readonly query: (workflowId: string, name: string, input: unknown) => Promise<unknown>;
  readonly log: { debug(message: string, attributes?: Record<string, unknown>): void };
  readonly pollMs?: number;
}

interface Owner {
  readonly open: Map<string, OpenQuestion>;
  /** Keys of questions that are open or answered, by attempt, so that a repeated question is not answered twice. */
  readonly known: Map<string, Set<string>>;
  timer: NodeJS.Timeout | null;
}

export function createAnswers(deps: AnswersDeps): Answers {
  const owners = new Map<string, Owner>();

  const poll = async (ownerId: string, owner: Owner): Promise<void> => {
    const attempts = [...new Map([...owner.open.values()].map((open) => [attemptKey(open), open])).values()];
    try {
      const input = { attempts: attempts.map(({ taskId, attempt }) => ({ taskId, attempt })) };
      const mailbox = await deps.query(ownerId, 'mailbox', input);
      for (const answer of toAnswers(mailbox)) deliver(deps, owner, answer);
    } catch (error) {
      deps.log.debug('Answers could not be fetched and will be asked for again', { workflowId: ownerId, error: String(error) });
    }
    owner.timer = null;
    schedule(ownerId, owner);
  };
  const schedule = (ownerId: string, owner: Owner): void => {
    if (owner.timer !== null || owner.open.size === 0 || owners.get(ownerId) !== owner) return;
    owner.timer = setTimeout(() => void poll(ownerId, owner), deps.pollMs ?? POLL_MS);
    owner.timer.unref();
  };

  return {
    open(question) {
      const owner = owners.get(question.ownerId) ?? { open: new Map(), known: new Map(), timer: null };
      owners.set(question.ownerId, owner);
      const known = owner.known.get(attemptKey(question)) ?? new Set();
      owner.known.set(attemptKey(question), known);
      if (known.has(question.questionId)) return;
      known.add(question.questionId);
      owner.open.set(questionKey(question), question);
      schedule(question.ownerId, owner);
    },
    forget(ownerId, taskId, attempt) {
      const owner = owners.get(ownerId);
      if (owner === undefined) return;
      const key = attemptKey({ taskId, attempt });
      for (const questionId of owner.known.get(key) ?? []) owner.open.delete(questionKey({ taskId, attempt, questionId }));
      owner.known.delete(key);
      if (owner.known.size > 0) return;
      if (owner.timer !== null) clearTimeout(owner.timer);
      owners.delete(ownerId);
    },
    close() {
      for (const { timer } of owners.values()) if (timer !== null) clearTimeout(timer);
      owners.clear();
    },
  };
}

interface Answer {
  readonly taskId: string;
  readonly attempt: number;
  readonly questionId: string;
  readonly decision: string | null;
  readonly text: string | null;
  readonly data: JsonObject | null;
}

function deliver(deps: AnswersDeps, owner: Owner, answer: Answer): void {
  const key = questionKey(answer);
  const question = owner.open.get(key);
  if (question === undefined) return;
  owner.open.delete(key);
  const { questionId: id, decision, text, data } = answer;
  if (!question.deliver({ pact: 'answer', id, decision, text, data })) {
    deps.log.debug('An answer came too late: the agent has closed its input', { question: key });
  }
}

const attemptKey = ({ taskId, attempt }: Pick<Answer, 'taskId' | 'attempt'>): string => `${taskId}#${attempt}`;
const questionKey = (of: Pick<Answer, 'taskId' | 'attempt' | 'questionId'>): string => `${attemptKey(of)}/${of.questionId}`;

/** The answers in a reply of the query `mailbox`; what is not an answer is left out. */
function toAnswers(reply: unknown): readonly Answer[] {
  const list = isRecord(reply) && Array.isArray(reply['answers']) ? reply['answers'] : [];
  return list.flatMap((item: unknown) => {
    if (!isRecord(item)) return [];
    const { taskId, attempt, questionId, decision, text, data } = item;
    if (typeof taskId !== 'string' || typeof attempt !== 'number' || typeof questionId !== 'string') return [];
    const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
    return [{ taskId, attempt, questionId, decision: textOrNull(decision), text: textOrNull(text), data: toJsonObject(data) }];
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Query replies are decoded JSON, so an object is one of JSON values. */
const toJsonObject = (value: unknown): JsonObject | null => (isRecord(value) ? (value as JsonObject) : null);
