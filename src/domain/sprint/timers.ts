import { heapPop, heapPush } from './heap.ts';
import type { SprintState, TimerEntry } from './state.ts';

const isEarlier = (a: TimerEntry, b: TimerEntry): boolean =>
  a.at !== b.at ? a.at < b.at : a.kind !== b.kind ? a.kind < b.kind : String(a.ref) < String(b.ref);

/** So many timers may mean nothing any more before they are swept out. */
const STALE_ALLOWED = 64;

export function addTimer(state: SprintState, timer: TimerEntry): void {
  if (state.timers.length > 2 * state.timersKept + STALE_ALLOWED) sweep(state);
  heapPush(state.timers, timer, isEarlier);
}

/** Removes and answers a timer that is due and still means something; undefined when there is none. */
export function takeDueTimer(state: SprintState): TimerEntry | undefined {
  dropStaleTimers(state);
  const first = state.timers[0];
  return first && first.at <= state.now ? heapPop(state.timers, isEarlier) : undefined;
}

/** When the sprint must be woken next (Unix ms), for a deadline or for its routine report; null when it only waits for events. */
export function nextWakeUp(state: SprintState): number | null {
  const timer = state.timers[0]?.at ?? null;
  const report = state.report.dueAt;
  if (timer === null || report === null) return timer ?? report;
  return Math.min(timer, report);
}

/** Whether a deadline that changes something is ahead; the others only raise alerts. */
export function hasDeadlineAhead(state: SprintState): boolean {
  return state.timers.some((timer) => !ALERTING.includes(timer.kind) && !isStale(state, timer));
}

const ALERTING: readonly TimerEntry['kind'][] = ['duration', 'request', 'alert', 'slip', 'conflicts'];

/** Timers of things that have ended meanwhile are dropped when they come up: cheaper than finding them earlier. */
export function dropStaleTimers(state: SprintState): void {
  for (let first = state.timers[0]; first && isStale(state, first); first = state.timers[0]) heapPop(state.timers, isEarlier);
}

/** All at once, so that a sprint with many answers far before their deadlines does not carry them all; amortised O(1) per timer. */
function sweep(state: SprintState): void {
  const kept = state.timers.filter((timer) => !isStale(state, timer));
  state.timers = [];
  for (const timer of kept) heapPush(state.timers, timer, isEarlier);
  state.timersKept = kept.length;
}

function isStale(state: SprintState, timer: TimerEntry): boolean {
  switch (timer.kind) {
    case 'retry':
      return state.tasks[timer.ref as number]?.retryAt !== timer.at;
    case 'item':
      return state.inbox[timer.ref]?.deadlineMs !== timer.at;
    case 'request':
      return state.mail?.requests[timer.ref]?.deadlineMs !== timer.at;
    case 'availability':
      return state.agents[timer.ref as number]?.availableAt !== timer.at;
    case 'activation':
      return state.agents[timer.ref as number]?.active === true;
    case 'blocked':
      return state.tasks[timer.ref as number]?.blockedUntil !== timer.at;
    case 'alert':
      return state.alertClocks?.[timer.ref]?.at !== timer.at;
    case 'conflicts':
      return state.conflicts?.lookAt !== timer.at;
    case 'slip':
      return state.slipWatchAt !== timer.at;
    case 'emergency':
      return state.emergencies?.open[timer.ref]?.dueAt !== timer.at;
    case 'duration':
      return false;
    case 'budget':
      return state.budgets?.accounts[timer.ref as number]?.dueAt !== timer.at;
  }
}
