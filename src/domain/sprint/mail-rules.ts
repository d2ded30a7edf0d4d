import { sha256Hex } from '../canonical-hash.ts';
import type { AgentMessage } from '../agent-message.ts';
import type { Json } from '../plan/plan.ts';
import type { DropReason, Mail, Pace } from './mail.ts';

/** What is noise, by rule; docs/agents.md declares these rules. */

const SAME_WITHIN_MS = 600_000;
const MOST_RECENT = 500;
const PACE_MS = 60_000;
const MOST_PACES = 500;
const ROUTINE_A_MINUTE = 20;

/**
 * Whether a message is noise: a duplicate, progress that has not moved, or one too many from one sender to one receiver. One that is not
 * counts from now on.
 * @param to Its receiver as written, or whom it replies to.
 */
export function findNoise(mail: Mail, from: string, to: string, message: AgentMessage, now: number): DropReason | null {
  const print = fingerprintOf(from, to, message);
  mail.recent = mail.recent.filter(({ at }) => now - at < SAME_WITHIN_MS).slice(-MOST_RECENT);
  if (mail.recent.some((recent) => recent.print === print)) return 'duplicate';
  const pace = paceOf(mail, `${from}>${to}`, now);
  if (message.kind === 'progress') {
    const progress = sha256Hex(JSON.stringify(measureOf(message.body))).slice(0, 16);
    if (progress === pace.progress) return 'unmoved';
    pace.progress = progress;
  }
  if (message.priority !== 'urgent' && pace.count >= ROUTINE_A_MINUTE) return 'pace';
  pace.count += 1;
  mail.recent.push({ print, at: now });
  return null;
}

/** Of the sender and its key; without one of all that it says. */
function fingerprintOf(from: string, to: string, { key, kind, body, inReplyTo }: AgentMessage): string {
  return sha256Hex(JSON.stringify(key === null ? [from, to, kind, inReplyTo, body] : [from, key])).slice(0, 16);
}

/** Percentages where a body has them, else all of it. */
function measureOf(body: Json): Json {
  const percentage =
    typeof body === 'object' && body !== null && 'progress_percentage' in body ? body['progress_percentage'] : undefined;
  return percentage ?? body;
}

function paceOf({ paces }: Mail, pair: string, now: number): Pace {
  const known = paces[pair];
  if (known !== undefined) {
    if (now - known.since >= PACE_MS) Object.assign(known, { since: now, count: 0 });
    return known;
  }
  const [oldest] = Object.keys(paces);
  if (oldest !== undefined && Object.keys(paces).length >= MOST_PACES) delete paces[oldest];
  const fresh: Pace = { since: now, count: 0, progress: null };
  paces[pair] = fresh;
  return fresh;
}
