import type { ExecutionOutcome } from '../client/outcome.ts';
import type { PactClient } from '../client/pact-client.ts';
import type { Desk } from './desk.ts';
import type { ProgressView } from './progress-view.ts';
import { createReception } from './reception.ts';

export interface FollowOptions {
  readonly client: PactClient;
  readonly executionId: string;
  readonly view: ProgressView;
  /** null: people are not dealt with, only shown. */
  readonly desk: Desk | null;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly onInterrupt: () => void;
  /** Resolves with a reason when following makes no more sense: server or worker of this process have ended. */
  readonly failed?: Promise<string>;
}

/**
 * Shows the execution until it has ended, and deals with what it asks of people. null: interrupted before the end.
 * @throws what the desk could not deal with; Error with the reason of `failed`
 */
export async function followExecution(options: FollowOptions): Promise<ExecutionOutcome | null> {
  const { client, executionId, view, desk, say } = options;
  const ended = new AbortController();
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    ended.abort();
  };
  void options.failed?.then((reason) => fail(new Error(reason)));
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const reception =
    desk === null ? null : createReception({ desk, view, say, onInterrupt: options.onInterrupt, onFailure: fail });
  try {
    const onTrouble = onceEach((error: Error) => say(`${error.message} Trying again.`));
    for await (const observation of client.observe(executionId, { signal, onTrouble })) {
      view.show(observation);
      reception?.update(observation.answer);
    }
  } finally {
    await reception?.close();
    view.end();
  }
  // A final phase is told a moment before the execution has closed: its report is written in between.
  const outcome = signal.aborted ? null : await client.result(executionId, signal).catch(unlessAborted(signal));
  if (failure !== undefined) throw failure;
  return outcome;
}

const unlessAborted =
  (signal: AbortSignal) =>
  (error: unknown): null => {
    if (signal.aborted) return null;
    throw error;
  };

/** The same trouble every second is one trouble. */
function onceEach(report: (error: Error) => void): (error: Error) => void {
  let last = '';
  return (error) => {
    if (error.message !== last) report(error);
    last = error.message;
  };
}
