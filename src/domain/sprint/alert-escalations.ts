import type { EscalationCause } from '../escalation/escalation.ts';
import type { AlertView } from '../views.ts';
import { stopAlertClock } from './alert-clocks.ts';
import { severityOf, startEscalation, withdrawEscalation } from './escalations.ts';
import { taskRun, type Turn } from './turn.ts';

const KEY = 'alert/';
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
  const cause: EscalationCause = {
    key: KEY + id,
    kind: 'alert',
    severity: number === undefined ? 'medium' : severityOf(taskRun(turn, number).priority),
    title: `nobody has taken notice of the ${open.kind} alert "${id}"`,
    text: open.text,
    task,
    agent_id: null,
    evidence: { alert: id, kind: open.kind, since: open.since, count: open.count ?? 1 },
    measures: [],
  };
  startEscalation(turn, cause, OPTIONS);
}

/** What has been taken notice of, and what is over, need not be asked about any more. Costs nothing where no alert has a clock. */
export function withdrawAlertEscalations(turn: Turn): void {
  const { alertClocks, alerts, escalations } = turn.state;
  if (!alertClocks) return;
  for (const open of Object.values(escalations)) {
    if (open.cause.kind !== 'alert') continue;
    const why = whyOver(alerts.find(({ id }) => KEY + id === open.cause.key));
    if (why !== null) withdrawEscalation(turn, open, why);
  }
}

function whyOver(alert: AlertView | undefined): string | null {
  if (!alert) return 'the alert is resolved';
  return alert.acknowledged ? `${alert.acknowledged.by} has taken notice of the alert` : null;
}
