import type { EscalationCause } from '../escalation/escalation.ts';
import type { EscalationPolicy } from '../escalation/policy.ts';
import { ownValue } from '../own-value.ts';
import { decide, type Turn } from './turn.ts';

/** What has been undone and done again in vain so often for one cause is for people to decide. */
const MAX_SILENT_ROLLBACKS = 3;

/** Nobody has decided, and the sprint is rolled back for that. */
export function noteSilentRollback({ state }: Turn, { key }: EscalationCause): void {
  const counts = (state.silentRollbacks ??= {});
  counts[key] = (ownValue(counts, key) ?? 0) + 1;
}

/** The chain as it is asked about that cause: silence rolls back only so often for the same, then it pauses the sprint. */
export function boundSilence(turn: Turn, { key, title }: EscalationCause, policy: EscalationPolicy): EscalationPolicy {
  const times = ownValue(turn.state.silentRollbacks ?? {}, key) ?? 0;
  if (policy.otherwise !== 'rollback' || times < MAX_SILENT_ROLLBACKS) return policy;
  const text = `"${title}": silence has rolled the sprint back ${times} times for it, in vain; from now on it pauses the sprint`;
  decide(turn, 'rollbackWithheld', text, { key });
  return { ...policy, otherwise: 'hold' };
}
