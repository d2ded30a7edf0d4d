import { toAlertCause, whyAlertIsOver } from '../escalation/alert-cause.ts';
import { stopAlertClock } from './alert-clocks.ts';
import { severityOf, startEscalation, withdrawEscalation } from './escalations.ts';
import { taskRun, type Turn } from './turn.ts';

/** What can be decided about an alert: the work itself goes on meanwhile. */
const OPTIONS = ['continue', 'hold', 'rollback', 'stop'] as const;

/** Nobody has taken notice of the alert in time, and its cause has not gone: it goes before the chain, once. */
export function alertIsDue(turn: Turn, id: string): void {
  const { state, index } = turn;
  const task = state.alertClocks?.[id]?.task ?? null;
  stopAlertClock(state, id);
  const open = state.alerts.find((alert) => alert.id === id);
  if (!open || open.acknowledged) return;
  const number = task === null ? undefined : index.taskNumber.get(task);
  const severity = number === undefined ? 'medium' : severityOf(taskRun(turn, number).priority);
  startEscalation(turn, toAlertCause(open, severity, task), OPTIONS);
}

/** What has been taken notice of, and what is over, need not be asked about any more. Costs nothing where no alert has a clock. */
export function withdrawAlertEscalations(turn: Turn): void {
  const { alertClocks, alerts, escalations } = turn.state;
  if (!alertClocks) return;
  for (const open of Object.values(escalations)) {
    const why = whyAlertIsOver(open.cause, alerts);
    if (why !== null) withdrawEscalation(turn, open, why);
  }
}
