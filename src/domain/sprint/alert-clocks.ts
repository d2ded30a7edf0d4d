import type { AlertView } from '../views.ts';
import { declaredChain } from './chain.ts';
import type { SprintState } from './state.ts';
import { addTimer } from './timers.ts';
import type { Sprint } from './turn.ts';

/** An alert that waits for somebody to take notice, or for its cause to go. */
export interface AlertClock {
  /** When it goes before the chain (Unix ms). */
  readonly at: number;
  /** Id of the task that it is about; null: no single one. */
  readonly task: string | null;
}

/** Alerts of escalations themselves are before somebody already. */
const isEscalation = (id: string): boolean => id.startsWith('escalation/');

/** An alert has been opened: if the plan wants that for its kind, it has so much time. */
export function startAlertClock(sprint: Sprint, kind: AlertView['kind'], id: string, task: string | null): void {
  const { state } = sprint;
  const rule = declaredChain(sprint, task)?.alerts?.find((one) => one.kind === kind);
  if (!rule || isEscalation(id) || state.isRehearsal) return;
  const at = state.now + rule.afterMs;
  dropClosed(state);
  (state.alertClocks ??= {})[id] = { at, task };
  addTimer(state, { at, kind: 'alert', ref: id });
}

export function stopAlertClock({ alertClocks }: SprintState, id: string): void {
  if (alertClocks) delete alertClocks[id];
}

/** Of the alerts only the newest hundred are kept: so are their clocks. */
function dropClosed({ alertClocks = {}, alerts }: SprintState): void {
  const ids = Object.keys(alertClocks);
  if (ids.length <= 2 * alerts.length) return;
  const open = new Set(alerts.map(({ id }) => id));
  for (const id of ids) if (!open.has(id)) delete alertClocks[id];
}
