import { qualityKey } from '../emergencies/emergency-keys.ts';
import type { EmergencyNote } from './emergency-notes.ts';
import { emergenciesOf } from './emergency-state.ts';
import { formatDuration } from '../duration.ts';
import { raiseEmergency, resolveEmergency } from './emergencies.ts';
import { touchAll, type Sprint, type Turn } from './turn.ts';

const keyOf = ({ definition }: Sprint): string => qualityKey(definition.sprint.id);

/** A quality crisis: so many attempts fail in so short a time that less is started, until as many have succeeded or people decide. */
export function takeOutcome(turn: Turn, { failure, task, by }: Extract<EmergencyNote, { type: 'attemptEnded' }>): void {
  const { quality } = turn.definition;
  if (!quality || failure?.cause === 'lost') return;
  const key = keyOf(turn);
  const state = emergenciesOf(turn.state);
  const open = state.open[key];
  if (failure === null) {
    if (!open) return;
    open.successes = (open.successes ?? 0) + 1;
    if (open.successes >= quality.failures) endCrisis(turn, `${open.successes} attempts have succeeded`);
    return;
  }
  const since = turn.state.now - quality.withinMs;
  state.failedAt = [...(state.failedAt ?? []).filter((at) => at > since), turn.state.now].slice(-quality.failures);
  if (open || state.failedAt.length < quality.failures) return;
  delete state.failedAt;
  raiseEmergency(turn, {
    key,
    kind: 'qualityCrisis',
    id: turn.definition.sprint.id,
    title: `${quality.failures} attempts have failed within ${formatDuration(quality.withinMs)}`,
    text: `the last by ${by} in "${task}": ${failure.message}`,
    foundBy: 'attempts',
    measure: quality.measure === 'pause' ? 'nothing new starts' : 'one attempt at a time',
    evidence: { task, agent_id: by, cause: failure.cause },
  });
}

/** By successes, or by a decision. */
export function endCrisis(turn: Turn, why: string): void {
  resolveEmergency(turn, keyOf(turn), why);
  touchAll(turn);
}
