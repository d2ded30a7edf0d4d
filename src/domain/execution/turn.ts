import type { JsonObject } from '../plan/plan.ts';
import type { Phase } from '../views.ts';
import type { ExecutionEffect } from './events.ts';
import type { ExecutionState } from './state.ts';

export interface ExecutionTurn {
  readonly state: ExecutionState;
  readonly effects: ExecutionEffect[];
}

const MAX_DECISIONS_KEPT = 500;

/** Logs a decision of the execution itself: kept for the query `decisions`, written to the ledger by the shell. */
export function decide({ state, effects }: ExecutionTurn, event: string, text: string, data: JsonObject = {}): void {
  keepDecisions(state, [{ at: toIso(state.now), event, text, data }]);
  effects.push({ type: 'journal', at: state.now, event, text, data });
}

/** Adds decisions to those kept for the query, its own and those that sprints tell. */
export function keepDecisions(state: ExecutionState, decisions: ExecutionState['decisions']): void {
  state.decisions.push(...decisions);
  if (state.decisions.length > MAX_DECISIONS_KEPT) state.decisions.splice(0, state.decisions.length - MAX_DECISIONS_KEPT);
}

export function enterPhase({ state }: ExecutionTurn, phase: Phase, reason: string | null): void {
  state.phase = phase;
  state.reason = reason;
}

export const toIso = (ms: number): string => new Date(ms).toISOString();
