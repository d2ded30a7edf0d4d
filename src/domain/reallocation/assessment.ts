import type { AgentProfile } from '../roster.ts';

/** What is known of an agent that may do the task. */
export interface CandidateFacts {
  readonly agent: AgentProfile;
  readonly busy: number;
  readonly capacity: number;
  /** Until it has a slot free, by the forecasts of what it does now; ms, 0: it has one. */
  readonly waitMs: number;
  readonly record: AgentRecord;
  /** Why it is out of the question; null: it is not. */
  readonly excluded: string | null;
}

/** Attempts of an agent in this sprint: done, ended without a result by its own fault, later than 1.5 times their estimates. */
export interface AgentRecord {
  readonly done: number;
  readonly failed: number;
  readonly slipped: number;
}

export interface Assessment {
  readonly agent_id: string;
  /** 0–1: the sum of the parts by their weights; 0 for one that is out of the question. */
  readonly score: number;
  /** Each 0–1. */
  readonly parts: Readonly<Record<keyof typeof WEIGHTS, number>>;
  readonly excluded: string | null;
  /** The score in words. */
  readonly text: string;
}

/** What counts how much; the sum is 1. */
export const WEIGHTS = { availability: 0.3, record: 0.25, load: 0.2, skills: 0.15, cost: 0.1 } as const;

/** The candidates with their scores, the best first, those out of the question last; the same facts give the same order. */
export function assessCandidates(
  candidates: readonly CandidateFacts[],
  task: { readonly skills: readonly string[]; readonly remainingMs: number },
): readonly Assessment[] {
  const costs = candidates.flatMap(({ agent, excluded }) => (excluded === null && agent.cost !== undefined ? [agent.cost] : []));
  const cheapest = Math.min(...costs);
  return candidates
    .map((facts) => assess(facts, task, cheapest))
    .toSorted((a, b) => Number(a.excluded !== null) - Number(b.excluded !== null) || b.score - a.score || byId(a, b));
}

function assess(
  { agent, busy, capacity, waitMs, record, excluded }: CandidateFacts,
  { skills, remainingMs }: { readonly skills: readonly string[]; readonly remainingMs: number },
  cheapest: number,
): Assessment {
  const parts = {
    /** How much later it would be done for having to wait. */
    availability: remainingMs / (remainingMs + waitMs),
    /** Rule of succession (Laplace): without a record it is one half. */
    record: (record.done + 1) / (record.done + record.failed + record.slipped / 2 + 2),
    load: capacity === 0 ? 0 : Math.max(0, 1 - busy / capacity),
    /** Specialists before those who could do something else meanwhile. */
    skills: (skills.length + 1) / (Math.max(skills.length, agent.skills.length) + 1),
    cost: agent.cost === undefined || agent.cost === 0 ? 1 : cheapest / agent.cost,
  };
  const score =
    excluded === null ? Object.entries(WEIGHTS).reduce((sum, [name, w]) => sum + w * parts[name as keyof typeof parts], 0) : 0;
  const { done, failed, slipped } = record;
  const text =
    excluded ??
    [
      waitMs === 0 ? 'free' : `free in ${Math.ceil(waitMs / 1_000)} s`,
      `${done} done, ${failed} failed, ${slipped} late`,
      `${busy}/${capacity} busy`,
      `${skills.length} of its ${agent.skills.length} skills needed`,
      agent.cost === undefined ? 'no cost declared' : `cost ${agent.cost}`,
    ].join('; ');
  return { agent_id: agent.id, score: round(score), parts: mapValues(parts, round), excluded, text };
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;
const mapValues = <K extends string>(values: Record<K, number>, to: (value: number) => number): Record<K, number> =>
  Object.fromEntries(Object.entries<number>(values).map(([name, value]) => [name, to(value)])) as Record<K, number>;
const byId = (a: Assessment, b: Assessment): number => (a.agent_id < b.agent_id ? -1 : 1);
