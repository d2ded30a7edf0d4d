import type { Plan } from '../plan/plan.ts';
import { toIso } from '../iso-time.ts';
import { forecastCompletion } from './forecast.ts';
import { closeOwnAlert, openOwnAlert } from './own-alerts.ts';
import { decide, type ExecutionTurn } from './turn.ts';

const ALERT_ID = 'timeline';
const DAY_MS = 86_400_000;

/** Opens an alert while the execution is expected to end after the planned end of its project; it is never stopped for that. */
export function watchTimeline(turn: ExecutionTurn): void {
  const { state } = turn;
  const end = plannedEnd(state.prepared?.resolved.plan.project.timeline ?? null);
  if (end === null) return;
  const forecast = forecastCompletion(state);
  const isLate = forecast !== null && Date.parse(forecast) > end;
  if (isLate === state.alerts.some(({ id }) => id === ALERT_ID)) return;
  if (!isLate) return closeOwnAlert(state, ALERT_ID);
  const text = `the plan is expected to end at ${forecast}, after its planned end ${toIso(end)}`;
  openOwnAlert(turn, { id: ALERT_ID, kind: 'timeline', text });
  decide(turn, 'forecastSlipped', text);
}

/** The last moment (Unix ms) of the timeline; a date means the whole day in UTC. */
function plannedEnd(timeline: Plan['project']['timeline']): number | null {
  if (timeline === null || timeline.end === null) return null;
  return Date.parse(timeline.end) + (timeline.end.includes('T') ? 0 : DAY_MS - 1);
}
