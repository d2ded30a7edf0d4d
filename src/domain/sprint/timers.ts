import { heapPop, heapPush } from './heap.ts';
import type { SprintState, TimerEntry } from './state.ts';

const isEarlier = (a: TimerEntry, b: TimerEntry): boolean =>
  a.at !== b.at ? a.at < b.at : a.kind !== b.kind ? a.kind < b.kind : String(a.ref) < String(b.ref);

export function addTimer(state: SprintState, timer: TimerEntry): void {
  heapPush(state.timers, timer, isEarlier);
}

/** Removes and answers a timer that is due and still means something; undefined when there is none. */
export function takeDueTimer(state: SprintState): TimerEntry | undefined {
  dropStale(state);
  const first = state.timers[0];
  return first && first.at <= state.now ? heapPop(state.timers, isEarlier) : undefined;
}

/** When the sprint must be woken next (Unix ms), for a deadline or for its routine report; null when it only waits for events. */
export function nextWakeUp(state: SprintState): number | null {
  dropStale(state);
  const timer = state.timers[0]?.at ?? null;
  const report = state.report.dueAt;
  if (timer === null || report === null) return timer ?? report;
  return Math.min(timer, report);
}

/** Whether a deadline that changes something is ahead; a planned duration only raises an alert. */
export function hasDeadlineAhead(state: SprintState): boolean {
  return state.timers.some((timer) => timer.kind !== 'duration' && !isStale(state, timer));
}

/** Timers of things that have ended meanwhile are dropped when they come up: cheaper than finding them earlier. */
function dropStale(state: SprintState): void {
  for (let first = state.timers[0]; first && isStale(state, first); first = state.timers[0]) heapPop(state.timers, isEarlier);
}

function isStale(state: SprintState, timer: TimerEntry): boolean {
  switch (timer.kind) {
    case 'retry':
      return state.tasks[timer.ref as number]?.retryAt !== timer.at;
    case 'item':
      return state.inbox[timer.ref]?.deadlineMs !== timer.at;
    case 'availability':
      return state.agents[timer.ref as number]?.availableAt !== timer.at;
    case 'activation':
      return state.agents[timer.ref as number]?.active !== false;
    case 'duration':
      return false;
  }
}
