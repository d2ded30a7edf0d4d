import { Context } from '@temporalio/activity';
import type { AgentStatus } from '../domain/agent-status.ts';
import type { PerformTaskInput } from '../domain/attempt.ts';
import { HEARTBEATS_PER_SECOND } from '../domain/sprint/heartbeat-timeout.ts';

/** Least time between two heartbeats of an attempt: a cancel is heard with the answer to the next one. */
const HEARTBEAT_MS = 500;
const TICK_MS = 50;
/** Of attempts that are to hear a cancel soon, for the few seconds that it takes: nearly what a small server's store takes. */
const HURRIED_PER_SECOND = 300;

/** One per worker: beats from a timer with the latest status of each attempt, so that a silent agent still hears a cancel. */
export interface Heartbeats {
  /**
   * Sends the first beat at once. `beat` is the activity context's `heartbeat`, `timeoutMs` its heartbeat timeout, in which there are at
   * least two beats however many attempts share the budget: 30 beat every 0.5 s, 100 every 1.7 s, 1,000 every 17 s.
   */
  start(beat: (details: AgentStatus) => void, first: AgentStatus, timeoutMs: number): Heartbeat;
  /** An attempt has heard a cancel: one may wait for each of the others, as when all are stopped, so each beats once soon. */
  hurry(): void;
}

export interface Heartbeat {
  update(status: AgentStatus): void;
  stop(): void;
}

interface Beating {
  readonly beat: (details: AgentStatus) => void;
  readonly timeoutMs: number;
  latest: AgentStatus;
  beatAt: number;
}

export function createHeartbeats(perSecond: number = HEARTBEATS_PER_SECOND): Heartbeats {
  // In the order of their last beats, the longest ago first.
  const all = new Set<Beating>();
  let hurriedAt = -Infinity;
  let timer: NodeJS.Timeout | null = null;

  /** Somebody has not beaten since. */
  const isHurried = (): boolean => {
    const [oldest] = all;
    return oldest !== undefined && oldest.beatAt < hurriedAt;
  };
  const beatNow = (each: Beating): void => {
    all.delete(each);
    all.add(each);
    each.beatAt = performance.now();
    each.beat(each.latest);
  };
  const tick = (): void => {
    timer = null;
    const now = performance.now();
    let left = ((isHurried() ? HURRIED_PER_SECOND : perSecond) * TICK_MS) / 1_000;
    for (const each of all) {
      const sinceMs = now - each.beatAt;
      if (sinceMs < HEARTBEAT_MS || (left <= 0 && sinceMs < each.timeoutMs / 2)) break;
      left -= 1;
      beatNow(each);
    }
    schedule();
  };
  const schedule = (): void => {
    const [next] = all;
    if (timer !== null || next === undefined) return;
    timer = setTimeout(tick, Math.max(TICK_MS, Math.ceil(next.beatAt + HEARTBEAT_MS - performance.now())));
    timer.unref();
  };
  return {
    start(beat, first, timeoutMs) {
      const own: Beating = { beat, timeoutMs, latest: first, beatAt: 0 };
      beatNow(own);
      schedule();
      return {
        update: (status) => {
          own.latest = status;
        },
        stop: () => void all.delete(own),
      };
    },
    hurry: () => {
      if (!isHurried()) hurriedAt = performance.now();
    },
  };
}

/** The status of an agent that has got its task and has not said anything yet. `now` is Unix ms. */
export function toFirstStatus(input: PerformTaskInput, now: number): AgentStatus {
  return {
    agent_id: input.agent,
    status: 'working',
    current_task: input.task.title,
    progress_percentage: 0,
    estimated_completion: new Date(now + input.task.estimateMs).toISOString(),
    blocking_issues: [],
    next_coordination_point: input.nextCoordinationPoint,
    outputs_ready: [],
  };
}

/** Exactly the eight fields, with what the engine knows where the agent says nothing. */
export function toEightFields(status: AgentStatus, input: PerformTaskInput): AgentStatus {
  return {
    agent_id: input.agent,
    status: status.status,
    current_task: status.current_task ?? input.task.title,
    progress_percentage: status.progress_percentage,
    estimated_completion: status.estimated_completion,
    blocking_issues: status.blocking_issues,
    next_coordination_point: status.next_coordination_point ?? input.nextCoordinationPoint,
    outputs_ready: status.outputs_ready,
  };
}

/** Heartbeats while it works, so that a cancel is heard and the death of the worker is found. */
export async function whileBeating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
