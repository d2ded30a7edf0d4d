import type { RunningAgent } from '../adapters/agents/agent-runner.ts';
import type { PerformTaskInput } from '../domain/attempt.ts';
import type { TemporalCalls } from './temporal-calls.ts';

/** Whether its sprint still has the attempt handed over. */
const ASK_AGAIN_MS = 500;
/** An attempt that is to be stopped for another reason is not kept alive for an answer that does not come. */
const ANSWER_WITHIN_MS = 1_000;

/** The order to hand over, as its sprint gives it. */
export interface WrapUp {
  readonly reason: string;
  readonly withinMs: number;
}

export interface GentleStop {
  /** Ends the agent's processes. */
  readonly signal: AbortSignal;
  /** The agent has started: from now on it is asked first. */
  attend(agent: RunningAgent): void;
}

/**
 * Follows `signal`, except that an attempt that is being handed over to another agent gets the time that its sprint gives it to bring its work
 * into a state to go on from. Whether it is, the sprint is asked at that moment, and again until the end: an emergency stop does not wait.
 */
export function createGentleStop(
  query: TemporalCalls['query'],
  { ownerId, attempt, task, keepsHandover }: PerformTaskInput,
  signal: AbortSignal,
): GentleStop {
  const end = new AbortController();
  let agent: RunningAgent | null = null;
  const ask = async (): Promise<WrapUp | null> => {
    const answer = query(ownerId, 'wrapUp', { taskId: task.id, attempt }).catch(() => null);
    const found = (await Promise.race([answer, pause(ANSWER_WITHIN_MS)])) as { wrapUp?: WrapUp | null } | null | undefined;
    return found?.wrapUp ?? null;
  };
  const wrapUp = async (running: RunningAgent): Promise<void> => {
    const order = await ask();
    if (order === null || !running.send({ pact: 'wrap-up', reason: order.reason, withinMs: order.withinMs })) return;
    const until = performance.now() + order.withinMs;
    for (let left = order.withinMs; left > 0; left = until - performance.now()) {
      const isOver = await Promise.race([running.outcome.then(() => true), pause(Math.min(ASK_AGAIN_MS, left))]);
      if (isOver === true || (await ask()) === null) return;
    }
  };
  const stop = (): void => {
    if (!keepsHandover || agent === null) return end.abort(signal.reason);
    void wrapUp(agent).finally(() => end.abort(signal.reason));
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    signal: end.signal,
    attend: (running) => void (agent = running),
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
