import { dependencyKey } from '../emergencies/emergency-keys.ts';
import type { ProbeTarget } from '../emergencies/probe.ts';
import { applyLimit, raiseEmergency, resolveEmergency } from './emergencies.ts';
import type { EmergencyNote } from './emergency-notes.ts';
import { emergenciesOf, type Emergency } from './emergency-state.ts';
import { addTimer } from './timers.ts';
import { decide, type Sprint, type Turn } from './turn.ts';

/**
 * Circuit breakers of external dependencies (Nygard 2007): closed; open after enough failures in a row, nothing that needs it starts; after
 * a while half-open, one trial decides. Probes try by themselves; what only attempts have found is tried by an attempt.
 */

const breakerOf = ({ definition }: Sprint, id: string): NonNullable<ProbeTarget['breaker']> | undefined =>
  definition.watched?.targets.find((target) => target.kind === 'dependency' && target.id === id)?.breaker;

export const openOf = ({ state }: Sprint, id: string): Emergency | undefined => state.emergencies?.open[dependencyKey(id)];

/** An attempt says that it is down. */
export function takeFailure(turn: Turn, { id, task, by, text }: Extract<EmergencyNote, { type: 'dependencyFailed' }>): void {
  const open = openOf(turn, id);
  if (open?.circuit === 'halfOpen') return reopen(turn, open, text);
  const breaker = breakerOf(turn, id);
  if (open || !breaker) return;
  const { strikes } = emergenciesOf(turn.state);
  const count = (strikes[dependencyKey(id)] ?? 0) + 1;
  strikes[dependencyKey(id)] = count;
  if (count < breaker.failures) return;
  delete strikes[dependencyKey(id)];
  openCircuit(turn, id, {
    text: `${count} attempts in a row say so, the last by ${by}: ${text}`,
    foundBy: 'attempts',
    dueAt: turn.state.now + breaker.openForMs,
    evidence: { attempts: count, task, agent_id: by },
  });
}

export function openCircuit(
  turn: Turn,
  id: string,
  found: Pick<Parameters<typeof raiseEmergency>[1], 'text' | 'foundBy' | 'dueAt' | 'evidence'>,
): void {
  raiseEmergency(turn, {
    ...found,
    key: dependencyKey(id),
    kind: 'dependencyDown',
    id,
    title: `${id} is down`,
    circuit: 'open',
    measure: 'nothing that needs it starts until a trial succeeds',
  });
}

/** The time that the circuit stays open is up. */
export function circuitIsDue(turn: Turn, open: Emergency): void {
  const { id } = open;
  delete open.dueAt;
  open.circuit = 'halfOpen';
  decide(turn, 'circuitHalfOpen', `${id}: the circuit is half-open: one attempt that needs it may try`, { dependency: id });
  applyLimit(turn, dependencyKey(id));
  turn.news = 'urgent';
}

/** A trial has failed. */
export function reopen(turn: Turn, open: Emergency, message: string): void {
  const { id } = open;
  decide(turn, 'circuitOpened', `${id}: the trial failed, the circuit is open again: ${message}`, { dependency: id });
  open.circuit = 'open';
  if (open.foundBy === 'attempts') {
    open.dueAt = turn.state.now + (breakerOf(turn, id)?.openForMs ?? 0);
    addTimer(turn.state, { at: open.dueAt, kind: 'emergency', ref: dependencyKey(id) });
  }
  applyLimit(turn, dependencyKey(id));
}

/** An attempt that needs it is done: what was counted against it is forgotten, and a trial has succeeded. */
export function takeSuccess(turn: Turn, { id, by }: Extract<EmergencyNote, { type: 'dependencyWorked' }>): void {
  delete turn.state.emergencies?.strikes[dependencyKey(id)];
  if (openOf(turn, id)?.circuit === 'halfOpen') resolveEmergency(turn, dependencyKey(id), `${by} has worked with it`);
}
