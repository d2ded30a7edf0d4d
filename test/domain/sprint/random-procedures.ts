import {
  createEscalation,
  evolveEscalation,
  nextMoment,
  type EscalationEvent,
  type EscalationState,
} from '../../../src/domain/escalation/escalation.ts';
import type { SprintEffect, SprintEvent } from '../../../src/domain/sprint/events.ts';

interface Child {
  readonly kind: 'escalation';
  readonly n: number;
  readonly state: EscalationState;
}

/** The child workflows of a sprint under test, as the real state machines, with words that arrive late, one at a time, in their order. */
export function createProcedureWorld(apply: (event: SprintEvent) => void, clock: () => number) {
  const children = new Map<number, Child>();
  const words: SprintEvent[] = [];

  function take(child: Child, event: EscalationEvent): void {
    const { kind, n, state } = child;
    for (const effect of evolveEscalation(state, event)) {
      if (effect.type === 'say') words.push({ type: 'procedureSaid', at: clock(), kind, n, said: effect.said });
    }
    if (state.outcome === null || !children.delete(n)) return;
    words.push({ type: 'procedureEnded', at: clock(), kind, n, outcome: state.outcome, reason: null });
  }

  return {
    carryOut(effect: SprintEffect): void {
      if (effect.type === 'startProcedure') {
        const { kind, n, input } = effect;
        const child: Child = { kind, n, state: createEscalation(input, clock()) };
        children.set(n, child);
        take(child, { type: 'started', at: clock() });
      }
      if (effect.type === 'tellProcedure') {
        const child = children.get(effect.n);
        if (child) take(child, { type: 'heard', at: clock(), news: effect.news });
      }
    },
    /** One word comes, or the clock of the children goes on. */
    step(): void {
      for (const child of children.values()) {
        if ((nextMoment(child.state) ?? Infinity) <= clock()) take(child, { type: 'timePassed', at: clock() });
      }
      const word = words.shift();
      if (word) apply({ ...word, at: clock() });
    },
    /** One of them is terminated by hand. */
    lose(pick: number): void {
      const child = [...children.values()][pick % Math.max(1, children.size)];
      if (!child || !children.delete(child.n)) return;
      words.push({ type: 'procedureEnded', at: clock(), kind: child.kind, n: child.n, outcome: null, reason: 'terminated' });
    },
    get hasWords() {
      return words.length > 0;
    },
    /** When the first of them must be woken; null: never. */
    get nextMoment(): number | null {
      const moments = [...children.values()].flatMap(({ state }) => nextMoment(state) ?? []);
      return moments.length === 0 ? null : Math.min(...moments);
    },
  };
}
