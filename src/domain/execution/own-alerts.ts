import { raiseAlert } from '../alerts.ts';
import { toAlertCause, whyAlertIsOver } from '../escalation/alert-cause.ts';
import { toIso } from '../iso-time.ts';
import type { AlertView } from '../views.ts';
import { chainOf, escalationsOf } from './escalation-state.ts';
import { startOwnEscalation, withdrawOwnEscalation } from './escalations.ts';
import { tellAlert } from './notices.ts';
import { isExecutionFinal, type ExecutionState } from './state.ts';
import type { ExecutionTurn } from './turn.ts';

/** Opens an alert of the execution itself and tells people, or counts one that is open already. */
export function openOwnAlert(turn: ExecutionTurn, { kind, id, text }: Pick<AlertView, 'kind' | 'id' | 'text'>): void {
  const { state } = turn;
  const alert: AlertView = { id, kind, text, since: toIso(state.now) };
  state.alerts = raiseAlert(state.alerts, alert);
  if (!isExecutionFinal(state.phase)) tellAlert(turn, alert);
}

export function closeOwnAlert(state: ExecutionState, id: string): void {
  state.alerts = state.alerts.filter((alert) => alert.id !== id);
  delete state.escalations?.clocks[id];
}

/**
 * Alerts that nobody takes notice of in the time that the plan gives for their kind go before its chain, once; what has been taken notice of
 * and what is over is not asked about any more, nor is anything after the end. Costs nothing where the plan wants none of that.
 */
export function tendOwnAlerts(turn: ExecutionTurn): void {
  const { state } = turn;
  const isOver = isExecutionFinal(state.phase);
  for (const open of Object.values(state.escalations?.open ?? {})) {
    const why = isOver ? 'the execution has ended' : whyAlertIsOver(open.cause, state.alerts);
    if (why !== null) withdrawOwnEscalation(turn, open, why);
  }
  const rules = chainOf(state)?.alerts;
  if (!rules || state.alerts.length === 0) return;
  const { clocks } = escalationsOf(state);
  for (const alert of state.alerts) {
    const rule = rules.find(({ kind }) => kind === alert.kind);
    if (!rule) continue;
    if (!Object.hasOwn(clocks, alert.id)) clocks[alert.id] = state.now + rule.afterMs;
    const dueAt = clocks[alert.id] ?? Number.POSITIVE_INFINITY;
    if (dueAt > state.now) continue;
    clocks[alert.id] = null;
    if (!alert.acknowledged) startOwnEscalation(turn, toAlertCause(alert, 'medium', null));
  }
}
