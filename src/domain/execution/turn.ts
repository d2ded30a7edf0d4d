import { clip } from '../clip.ts';
import { toIso } from '../iso-time.ts';
import type { JsonObject } from '../plan/plan.ts';
import type { Phase } from '../views.ts';
import type { ExecutionEffect } from './events.ts';
import type { ExecutionState } from './state.ts';

export interface ExecutionTurn {
  readonly state: ExecutionState;
  readonly effects: ExecutionEffect[];
}

const MAX_DECISIONS_KEPT = 500;

const MAX_TEXT_KEPT = 500;
/** The reason goes into results, failures and details; people's words may be long. */
const MAX_REASON_KEPT = 1_000;

/**
 * Logs a decision of the execution itself: kept for the query `decisions`, written to the ledger by the shell.
 * @param evidence More for the ledger alone, because it may be long.
 */
export function decide(
  { state, effects }: ExecutionTurn,
  event: string,
  text: string,
  data: JsonObject = {},
  evidence: JsonObject = {},
): void {
  keepDecisions(state, [{ at: toIso(state.now), event, text: clip(text, MAX_TEXT_KEPT), data }]);
  effects.push({ type: 'journal', at: state.now, event, text, data: { ...data, ...evidence } });
}

/** Adds decisions to those kept for the query, its own and those that sprints tell. */
export function keepDecisions(state: ExecutionState, decisions: ExecutionState['decisions']): void {
  state.decisions.push(...decisions);
  if (state.decisions.length > MAX_DECISIONS_KEPT) state.decisions.splice(0, state.decisions.length - MAX_DECISIONS_KEPT);
}

export function enterPhase({ state }: ExecutionTurn, phase: Phase, reason: string | null): void {
  state.phase = phase;
  state.reason = reason === null ? null : clip(reason, MAX_REASON_KEPT);
}
