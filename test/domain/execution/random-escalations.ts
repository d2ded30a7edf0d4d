import type { ExecutionEffect, ExecutionEvent } from '../../../src/domain/execution/events.ts';
import { isExecutionFinal, type ExecutionState } from '../../../src/domain/execution/state.ts';
import {
  createEscalation,
  evolveEscalation,
  type EscalationEvent,
  type EscalationState,
} from '../../../src/domain/escalation/escalation.ts';
import { must } from '../sprint/rule.ts';

/** The child workflows `escalation` of an execution under test, as the real state machine, with words that arrive late, in their order. */
export function createEscalationWorld(apply: (event: ExecutionEvent) => void, clock: () => number) {
  const children = new Map<number, EscalationState>();
  const words: ExecutionEvent[] = [];

  function take(n: number, event: EscalationEvent): void {
    const state = children.get(n);
    if (!state) return;
    for (const effect of evolveEscalation(state, event))
      if (effect.type === 'say') words.push({ type: 'procedureSaid', at: clock(), kind: 'escalation', n, said: effect.said });
    if (state.outcome === null) return;
    children.delete(n);
    words.push({ type: 'procedureEnded', at: clock(), kind: 'escalation', n, outcome: state.outcome, reason: null });
  }

  return {
    carryOut(effect: ExecutionEffect): void {
      if (effect.type === 'startProcedure' && effect.kind === 'escalation') {
        const { key } = effect.input.cause;
        must(!children.has(effect.n), () => `escalation ${effect.n} starts once`);
        for (const open of children.values())
          must(open.input.cause.key !== key || open.outcome !== null, () => `${key} is before somebody already`);
        children.set(effect.n, createEscalation(effect.input, clock()));
        take(effect.n, { type: 'started', at: clock() });
      }
      if (effect.type === 'tellProcedure' && effect.kind === 'escalation')
        take(effect.n, { type: 'heard', at: clock(), news: effect.news });
    },
    /** A word comes, or time passes for all of them. */
    step(): void {
      const word = words.shift();
      if (word) return apply({ ...word, at: clock() });
      for (const n of children.keys()) take(n, { type: 'timePassed', at: clock() });
    },
    /** The oldest is terminated by hand. */
    lose(): void {
      const [n] = children.keys();
      if (n === undefined) return;
      children.delete(n);
      apply({ type: 'procedureEnded', at: clock(), kind: 'escalation', n, outcome: null, reason: 'terminated' });
    },
  };
}

/** What is asked has an item of an escalation that is open; nothing is asked after the end. */
export function checkEscalations({ escalations, alerts, phase }: ExecutionState): void {
  const open = Object.values(escalations?.open ?? {});
  must(!isExecutionFinal(phase) || open.length === 0, () => `${open.length} escalations outlive ${phase}`);
  const keys = open.map(({ cause }) => cause.key);
  must(new Set(keys).size === keys.length, () => `a cause is escalated twice: ${keys.join()}`);
  for (const { cause } of open) {
    const id = cause.key.replace('alert/', '');
    must(
      alerts.some((alert) => alert.id === id && (cause.kind !== 'alert' || !alert.acknowledged)),
      () => `${cause.key} is asked about although it is over`,
    );
  }
}
