import { toIso } from '../iso-time.ts';
import { predecessors } from './standings.ts';
import { isExecutionFinal, type ExecutionState, type SprintStanding } from './state.ts';

/** 0–100 by estimated work, one decimal. */
export function toPercentage({ sprints }: ExecutionState): number {
  const totalMs = sprints.reduce((sum, { workMs }) => sum + workMs, 0);
  const doneMs = sprints.reduce((sum, { workMs, progress }) => sum + (workMs * (progress?.progressPercentage ?? 0)) / 100, 0);
  return totalMs === 0 ? 0 : Math.floor((1000 * doneMs) / totalMs) / 10;
}

/**
 * The longest chain of sprints: what has started ends when it says, what waits begins after those before it and takes as long as
 * estimated. Null before work starts and after it ended.
 */
export function forecastCompletion(state: ExecutionState): string | null {
  if (!state.authorization.documented || isExecutionFinal(state.phase)) return null;
  const before = predecessors(state);
  const ends = new Map<string, number>();
  const endOf = (sprint: SprintStanding): number => {
    const known = ends.get(sprint.id);
    if (known !== undefined) return known;
    const end = isOver(sprint) ? state.now : (toldEnd(state, sprint) ?? startOf(sprint) + sprint.lengthMs);
    ends.set(sprint.id, end);
    return end;
  };
  const startOf = ({ id }: SprintStanding): number =>
    Math.max(state.now, ...(before.get(id) as readonly SprintStanding[]).map(endOf));
  return toIso(Math.max(state.now, ...state.sprints.map(endOf)));
}

const isOver = ({ state }: SprintStanding): boolean => state === 'ended' || state === 'skipped';

function toldEnd({ now }: ExecutionState, { progress }: SprintStanding): number | null {
  const forecast = Date.parse(progress?.forecastCompletion ?? '');
  return Number.isFinite(forecast) ? Math.max(now, forecast) : null;
}
