import type { DecisionView, Page } from '../domain/views.ts';
import { FIRST_DECISION, readNewDecisions } from './decision-feed.ts';
import type { DecisionCursor } from './decision-feed.ts';
import { NoServerError, NoWorkerError } from './errors.ts';
import { isFinalPhase } from './status-answer.ts';
import type { StatusAnswer } from './status-answer.ts';
import { changesBetween } from './watch-event.ts';
import type { WatchEvent } from './watch-event.ts';

/** One look at the execution and what changed since the look before. */
export interface Observation {
  readonly answer: StatusAnswer;
  readonly events: readonly WatchEvent[];
}

export interface WatchOptions {
  /** Time between two looks while things change, in ms; default 1,000. */
  readonly intervalMs?: number;
  /** Ends the iteration; nothing is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the server cannot be reached; watching goes on until it can. */
  readonly onTrouble?: ((error: Error) => void) | undefined;
}

/** What watching needs of the client. */
export interface WatchSource {
  status(): Promise<StatusAnswer>;
  decisions(offset: number): Promise<Page<DecisionView>>;
  /** Settles when the execution has closed, so that its end is seen at once and not at the next look. */
  closed: Promise<unknown>;
}

/** Quiet executions are looked at less and less often, down to this. */
const LONGEST_INTERVAL_MS = 5_000;
const BACK_OFF = 1.5;

/**
 * Looks at an execution again and again: one poller, every second while things change, slower while they do not. Ends after
 * the look that shows a final phase. Only looks with changes are yielded.
 * @throws UnknownExecutionError, RefusedError; a server that is away is waited for
 */
export async function* observe(source: WatchSource, options: WatchOptions = {}): AsyncGenerator<Observation, void, void> {
  const shortest = options.intervalMs ?? 1_000;
  let interval = shortest;
  let before: StatusAnswer | null = null;
  let cursor = FIRST_DECISION;
  const closing = new AbortController();
  const close = (): void => closing.abort();
  source.closed.then(close, close);
  while (!isAborted(options.signal)) {
    const closedBefore = isAborted(closing.signal);
    const look = await lookAt(source, cursor, options);
    if (look !== null) {
      const events = [...look.decisions, ...changesBetween(before, look.answer)];
      cursor = look.cursor;
      before = look.answer;
      if (events.length > 0) yield { answer: look.answer, events };
      if (isFinalPhase(look.answer.phase) || closedBefore) return;
      interval = events.length > 0 ? shortest : Math.min(interval * BACK_OFF, Math.max(shortest, LONGEST_INTERVAL_MS));
    }
    await pause(interval, closing.signal, options.signal);
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

interface Look {
  readonly answer: StatusAnswer;
  readonly decisions: readonly WatchEvent[];
  readonly cursor: DecisionCursor;
}

async function lookAt(source: WatchSource, cursor: DecisionCursor, options: WatchOptions): Promise<Look | null> {
  try {
    const answer = await source.status();
    if (answer.source === 'server') return { answer, cursor, decisions: [] };
    const fresh = await readNewDecisions((offset) => source.decisions(offset), cursor);
    const { executionId } = answer;
    const decisions = fresh.items.map((decision): WatchEvent => ({ type: 'decision', executionId, decision }));
    return { answer, cursor: fresh.cursor, decisions };
  } catch (error) {
    if (!(error instanceof NoServerError) && !(error instanceof NoWorkerError)) throw error;
    options.onTrouble?.(error);
    return null;
  }
}

/** Waits for the time, or until the execution has closed or the caller aborts. Leaves no timer and no listener behind. */
function pause(ms: number, closing: AbortSignal, aborting: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      closing.removeEventListener('abort', wake);
      aborting?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, closing.aborted || isAborted(aborting) ? 0 : ms);
    closing.addEventListener('abort', wake, { once: true });
    aborting?.addEventListener('abort', wake, { once: true });
  });
}
