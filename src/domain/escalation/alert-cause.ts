import type { AlertView } from '../views.ts';
import type { EscalationCause } from './escalation.ts';
import type { Severity } from './policy.ts';

const KEY = 'alert/';

/** Nobody has taken notice of the alert in time, and its cause has not gone. @param task Id of the one that it is about; null: no single one. */
export const toAlertCause = (
  { id, kind, text, since, count = 1 }: AlertView,
  severity: Severity,
  task: string | null,
): EscalationCause => ({
  key: KEY + id,
  kind: 'alert',
  severity,
  title: `nobody has taken notice of the ${kind} alert "${id}"`,
  text,
  task,
  agent_id: null,
  evidence: { alert: id, kind, since, count },
  measures: [],
});

/** Why the escalation of an alert is of no use any more; null: it is, or it is about something else. */
export function whyAlertIsOver({ kind, key }: EscalationCause, alerts: readonly AlertView[]): string | null {
  if (kind !== 'alert') return null;
  const alert = alerts.find(({ id }) => KEY + id === key);
  if (!alert) return 'the alert is resolved';
  return alert.acknowledged ? `${alert.acknowledged.by} has taken notice of the alert` : null;
}
