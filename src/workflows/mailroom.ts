import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { Refusal } from '../domain/failure.ts';
import { COMMANDS, type CommandName } from '../domain/messages.ts';
import type { Result } from '../domain/result.ts';
import type { Accepted } from '../domain/views.ts';
import type { Received } from './run-limits.ts';
import { COMMAND_DESCRIPTIONS, QUERY_DESCRIPTIONS, toQuery, toSignal, toUpdate, type QueryName } from './messages.ts';
import { shielded } from './shielded.ts';

export interface Mailroom {
  /** Messages that have come and not been taken yet. */
  readonly waiting: number;
  /** Takes them in their order of arrival. */
  drain(): void;
  /** Messages that this run has received. */
  readonly received: Received;
}

export interface MailroomOptions {
  /** Takes a command; what is refused has been logged when this returns, or resolves. Must not throw, nor reject. */
  readonly takeCommand: (name: CommandName, raw: unknown) => Result<Accepted, Refusal> | Promise<Result<Accepted, Refusal>>;
  /** Takes a signal that is no command. Must not throw. */
  readonly takeSignal: (name: string, raw: unknown) => void;
  readonly signals: readonly { readonly name: string; readonly description: string }[];
  /** Whether a body is well-formed: a malformed update is turned away before it costs an event. */
  readonly checkShape: (name: CommandName, raw: unknown) => Refusal | null;
  readonly queries: Partial<Record<QueryName, (raw: unknown) => unknown>>;
}

/** What an update has changed, the loop must still act on: publish it, arm its deadline, end. An empty letter wakes it. */
const WAKE_UP = { take: () => undefined };

/**
 * Sets every handler before the first await. Signals only enqueue, whatever they carry, so that no message can wedge the workflow;
 * an update is taken at once, after the signals that came before it, and answers with what became of it.
 */
export function openMailroom({ takeCommand, takeSignal, signals, checkShape, queries }: MailroomOptions): Mailroom {
  const letters: { readonly take: () => void }[] = [];
  const received = { signals: 0, updates: 0 };
  const receive = (take: () => void): void => {
    received.signals += 1;
    letters.push({ take });
  };
  const drain = (): void => {
    for (const { take } of letters.splice(0)) take();
  };
  const takeAndWake: typeof takeCommand = (name, raw) => {
    const taken = takeCommand(name, raw);
    if (taken instanceof Promise) void taken.then(() => letters.push(WAKE_UP));
    return taken;
  };
  for (const name of COMMANDS) {
    const description = COMMAND_DESCRIPTIONS[name];
    setHandler(toSignal(name), (raw: unknown) => receive(() => void takeAndWake(name, raw)), { description });
    const answer = (raw: unknown): Accepted | Promise<Accepted> => {
      received.updates += 1;
      const taken = shielded(() => {
        drain();
        return takeAndWake(name, raw);
      });
      letters.push(WAKE_UP);
      return taken instanceof Promise ? taken.then(unwrap) : unwrap(taken);
    };
    setHandler(toUpdate(name), answer, { description, validator: (raw: unknown) => rejectIf(checkShape(name, raw)) });
  }
  for (const { name, description } of signals) {
    setHandler(toSignal(name), (raw: unknown) => receive(() => takeSignal(name, raw)), { description });
  }
  for (const [name, answer] of Object.entries(queries) as [QueryName, (raw: unknown) => unknown][]) {
    setHandler(toQuery(name), answer, { description: QUERY_DESCRIPTIONS[name] });
  }
  return {
    get waiting() {
      return letters.length;
    },
    drain,
    received,
  };
}

function unwrap<T>(result: Result<T, Refusal>): T {
  rejectIf(result.ok ? null : result.error);
  return (result as { ok: true; value: T }).value;
}

function rejectIf(refusal: Refusal | null): void {
  if (refusal)
    throw ApplicationFailure.nonRetryable(refusal.message, refusal.type, ...(refusal.problems ? [refusal.problems] : []));
}
