import { clip } from './clip.ts';
import type { Refusal } from './failure.ts';
import type { Respond } from './messages.ts';
import { err, ok, type Result } from './result.ts';
import type { AlertView } from './views.ts';

const MAX_KEPT = 100;
const MAX_TEXT = 500;

/** The list with an alert that is open now; one that is open already has come once more. The oldest of more than 100 goes. */
export function raiseAlert(
  alerts: readonly AlertView[],
  { kind, id, text, since, via }: Pick<AlertView, 'kind' | 'id' | 'text' | 'since' | 'via'>,
): AlertView[] {
  const said = clip(text, MAX_TEXT);
  if (!alerts.some((open) => open.id === id))
    return [...alerts, { id, kind, text: said, since, ...(via ? { via } : {}) }].slice(-MAX_KEPT);
  return alerts.map((open) => (open.id === id ? { ...open, text: said, count: (open.count ?? 1) + 1 } : open));
}

const PREFIX = 'alert/';
export const ACKNOWLEDGE_ALERT = 'acknowledge';

/** Id of the alert that an answer is about; null: it is about an inbox item. */
export const alertOf = ({ itemId }: Pick<Respond, 'itemId'>): string | null =>
  itemId.startsWith(PREFIX) ? itemId.slice(PREFIX.length) : null;

/** May this be said of the alert? Whoever may answer for the plan takes notice of one; it stays open until its cause is gone. */
export function checkAcknowledgement(
  alerts: readonly AlertView[],
  people: readonly string[] | 'anyone',
  { by, decision }: Respond,
  id: string,
): Result<AlertView, Refusal> {
  const open = alerts.find((alert) => alert.id === id);
  const refuse = (type: Refusal['type'], message: string): Result<never, Refusal> => err({ type, message });
  if (!open)
    return refuse('UnknownItem', `no alert "${id}" is open; open are: ${alerts.map((alert) => alert.id).join(', ') || 'none'}`);
  if (decision !== ACKNOWLEDGE_ALERT)
    return refuse('InvalidMessage', `decision: expected ${ACKNOWLEDGE_ALERT}, got "${decision}"`);
  if (people !== 'anyone' && !people.includes(by)) {
    return refuse('NotAnApprover', `"${by}" may not acknowledge alerts; expected one of: ${people.join(', ')}`);
  }
  return ok(open);
}

/** The first who takes notice stays named. */
export const acknowledge = (alerts: readonly AlertView[], id: string, by: string, at: string): AlertView[] =>
  alerts.map((alert) => (alert.id === id && !alert.acknowledged ? { ...alert, acknowledged: { by, at } } : alert));
