import type { JsonObject } from '../plan/plan.ts';
import type { AlertView } from '../views.ts';
import type { SprintDefinition } from './definition.ts';
import type { SprintEffect } from './events.ts';
import type { SprintIndex } from './sprint-index.ts';
import type { SprintState, TaskRun } from './state.ts';

/** A sprint in memory: what it is to do, what follows from that, and how far it is. Only `state` is carried on. */
export interface Sprint {
  readonly definition: SprintDefinition;
  readonly index: SprintIndex;
  readonly state: SprintState;
}

/** One call of `evolve`: the sprint, the effects so far, and the classes of tasks whose chances may have changed. */
export interface Turn extends Sprint {
  readonly effects: SprintEffect[];
  readonly touched: Set<number>;
  /** Whether the parent is to hear of this at once or with the next routine report; null: nothing worth telling. */
  news: 'urgent' | 'routine' | null;
}

const MAX_DECISIONS_KEPT = 200;

/** Logs a decision: kept for the query `decisions`, written to the ledger by the shell. */
export function decide(turn: Turn, event: string, text: string, data: JsonObject = {}): void {
  const { decisions, now } = turn.state;
  decisions.push({ at: toIso(now), event, text, data });
  if (decisions.length > 2 * MAX_DECISIONS_KEPT) decisions.splice(0, decisions.length - MAX_DECISIONS_KEPT);
  turn.effects.push({ type: 'journal', at: now, event, text, data });
  turn.news ??= 'routine';
}

const MAX_ALERTS_KEPT = 100;

export function alert(turn: Turn, kind: AlertView['kind'], id: string, text: string): void {
  const { alerts, now } = turn.state;
  if (alerts.some((open) => open.id === id)) return;
  alerts.push({ id, kind, text, since: toIso(now) });
  if (alerts.length > MAX_ALERTS_KEPT) alerts.shift();
}

export const toIso = (ms: number): string => new Date(ms).toISOString();

export const taskRun = ({ state }: Sprint, number: number): TaskRun => state.tasks[number] as TaskRun;

/** Total order of ready tasks: priority, then least slack on the critical path (longest tail), then id. */
export function isTaskBefore({ index, state }: Sprint) {
  return (a: number, b: number): boolean => {
    const rank = PRIORITY_RANK[(state.tasks[a] as TaskRun).priority] - PRIORITY_RANK[(state.tasks[b] as TaskRun).priority];
    if (rank !== 0) return rank < 0;
    const slack = (index.tailMs[b] as number) - (index.tailMs[a] as number);
    if (slack !== 0) return slack < 0;
    return (index.tasks[a]?.id ?? '') < (index.tasks[b]?.id ?? '');
  };
}

export const PRIORITY_RANK = { urgent: 0, high: 1, normal: 2, low: 3 } as const;
