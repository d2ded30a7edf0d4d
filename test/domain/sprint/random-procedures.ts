import {
  createEscalation,
  evolveEscalation,
  nextMoment,
  type EscalationEvent,
  type EscalationState,
} from '../../../src/domain/escalation/escalation.ts';
import { createReallocation, evolveReallocation, nextMoment as nextMoveMoment } from '../../../src/domain/reallocation/evolve.ts';
import { OFFER_OPTIONS, type ReallocationEvent, type ReallocationState } from '../../../src/domain/reallocation/reallocation.ts';
import { createRollback, evolveRollback, type RollbackEvent, type RollbackState } from '../../../src/domain/rollback/rollback.ts';
import type { UndoStep } from '../../../src/domain/rollback/undo-step.ts';
import type { SprintEffect, SprintEvent } from '../../../src/domain/sprint/events.ts';
import type { ProposedAmendment } from '../../../src/domain/sprint/proposals.ts';
import { must } from './rule.ts';

type Child =
  | { readonly kind: 'escalation'; readonly n: number; readonly state: EscalationState }
  | { readonly kind: 'reallocation'; readonly n: number; readonly state: ReallocationState }
  | { readonly kind: 'rollback'; readonly n: number; readonly state: RollbackState; undoing: readonly UndoStep[] };
type Escalating = Extract<Child, { kind: 'escalation' }>;
type Moving = Extract<Child, { kind: 'reallocation' }>;
type RollingBack = Extract<Child, { kind: 'rollback' }>;

/** The child workflows of a sprint under test, as the real state machines, with words that arrive late, one at a time, in their order. */
export function createProcedureWorld(
  apply: (event: SprintEvent) => void,
  clock: () => number,
  toAnswer: (proposal: ProposedAmendment) => SprintEvent,
) {
  const children = new Map<string, Child>();
  const words: SprintEvent[] = [];
  const proposals: ProposedAmendment[] = [];
  let undone = 0;

  function escalate(child: Escalating, event: EscalationEvent): void {
    const { kind, n, state } = child;
    for (const effect of evolveEscalation(state, event)) {
      if (effect.type === 'say') words.push({ type: 'procedureSaid', at: clock(), kind, n, said: effect.said });
    }
    if (state.outcome === null || !children.delete(keyOf(child))) return;
    words.push({ type: 'procedureEnded', at: clock(), kind, n, outcome: state.outcome, reason: null });
  }

  /** Command agents that are asked answer at once, this way or that. */
  function move(child: Moving, event: ReallocationEvent): void {
    const { kind, n, state } = child;
    for (const effect of evolveReallocation(state, event)) {
      if (effect.type === 'say') words.push({ type: 'procedureSaid', at: clock(), kind, n, said: effect.said });
      else {
        const decision = OFFER_OPTIONS[(n + effect.agent.id.length) % OFFER_OPTIONS.length] as string;
        const answer = { decision, note: null, data: { estimateMs: 1_000 } };
        move(child, { type: 'agentAnswered', at: clock(), agent_id: effect.agent.id, answer });
      }
    }
    if (state.outcome === null || !children.delete(keyOf(child))) return;
    words.push({ type: 'procedureEnded', at: clock(), kind, n, outcome: state.outcome, reason: null });
  }

  function rollBack(child: RollingBack, event: RollbackEvent): void {
    const { kind, n, state } = child;
    for (const effect of evolveRollback(state, event)) {
      if (effect.type === 'say') words.push({ type: 'procedureSaid', at: clock(), kind, n, said: effect.said });
      else {
        must(child.undoing.length === 0, () => 'steps are undone one after the other');
        child.undoing = effect.steps;
      }
    }
    if (state.outcome === null || !children.delete(keyOf(child))) return;
    words.push({ type: 'procedureEnded', at: clock(), kind, n, outcome: state.outcome, reason: null });
  }

  /** Every seventh step fails. */
  function undo(child: RollingBack): void {
    const steps = child.undoing;
    if (steps.length === 0) return;
    child.undoing = [];
    const results = steps.map(({ id }) => ({ id, ok: (undone += 1) % 7 > 0, detail: '', startedAt: clock(), endedAt: clock() }));
    const failed = results.findIndex(({ ok }) => !ok);
    rollBack(child, { type: 'stepsEnded', at: clock(), results: failed === -1 ? results : results.slice(0, failed + 1) });
  }

  function start(effect: Extract<SprintEffect, { type: 'startProcedure' }>): void {
    const at = clock();
    if (effect.kind === 'escalation') {
      const child: Escalating = { kind: effect.kind, n: effect.n, state: createEscalation(effect.input, at) };
      children.set(keyOf(child), child);
      escalate(child, { type: 'started', at });
    } else if (effect.kind === 'reallocation') {
      const child: Moving = { kind: effect.kind, n: effect.n, state: createReallocation(effect.input, at) };
      children.set(keyOf(child), child);
      move(child, { type: 'started', at });
    } else {
      const child: RollingBack = { kind: effect.kind, n: effect.n, state: createRollback(effect.input, at), undoing: [] };
      children.set(keyOf(child), child);
      rollBack(child, { type: 'started', at });
    }
  }

  return {
    carryOut(effect: SprintEffect): void {
      if (effect.type === 'proposeAmendment') proposals.push(effect.proposal);
      if (effect.type === 'startProcedure') start(effect);
      if (effect.type !== 'tellProcedure') return;
      const child = children.get(keyOf(effect));
      if (child?.kind === 'escalation' && effect.kind === 'escalation')
        escalate(child, { type: 'heard', at: clock(), news: effect.news });
      if (child?.kind === 'reallocation' && effect.kind === 'reallocation')
        move(child, { type: 'heard', at: clock(), news: effect.news });
      if (child?.kind === 'rollback' && effect.kind === 'rollback')
        rollBack(child, { type: 'heard', at: clock(), news: effect.news });
    },
    /** One word comes, or the clock of the children goes on. */
    step(): void {
      for (const child of children.values()) {
        if (child.kind === 'rollback') undo(child);
        else if ((momentOf(child) ?? Infinity) > clock()) continue;
        else if (child.kind === 'escalation') escalate(child, { type: 'timePassed', at: clock() });
        else move(child, { type: 'timePassed', at: clock() });
      }
      const word = words.shift();
      if (word) return apply({ ...word, at: clock() });
      const proposal = proposals.shift();
      if (proposal) apply(toAnswer(proposal));
    },
    /** One of them is terminated by hand. */
    lose(pick: number): void {
      const child = [...children.values()][pick % Math.max(1, children.size)];
      if (!child || !children.delete(keyOf(child))) return;
      words.push({ type: 'procedureEnded', at: clock(), kind: child.kind, n: child.n, outcome: null, reason: 'terminated' });
    },
    get hasWords() {
      return (
        words.length + proposals.length > 0 ||
        [...children.values()].some((child) => child.kind === 'rollback' && child.undoing.length > 0)
      );
    },
    /** When the first of them must be woken; null: never. */
    get nextMoment(): number | null {
      const moments = [...children.values()].flatMap((child) => momentOf(child) ?? []);
      return moments.length === 0 ? null : Math.min(...moments);
    },
  };
}

const keyOf = ({ kind, n }: { readonly kind: string; readonly n: number }): string => `${kind}/${n}`;

const momentOf = (child: Child): number | null =>
  child.kind === 'rollback' ? null : child.kind === 'escalation' ? nextMoment(child.state) : nextMoveMoment(child.state);
