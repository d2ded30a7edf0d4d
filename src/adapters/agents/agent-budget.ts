import type { Usage } from '../../domain/budget.ts';

/** What a running agent may use before it is paused, in all; null: no limit. */
export interface AgentLimits {
  readonly tokens: number | null;
  readonly cost: number | null;
}

export interface AgentAllowance extends AgentLimits {
  /** To be paused whatever it has used: a budget that it shares with others is used up. */
  readonly isPaused: boolean;
}

/** The purse beside one agent: it sees each report first, so that an agent that goes on and on is stopped within one of them. */
export interface AgentBudget {
  /** What the agent has used by its last word. Answers whether that is worth telling at once. */
  use(usage: Usage): boolean;
  allow(allowance: AgentAllowance): void;
  /** Why it is paused; null: it is not. */
  readonly reason: string | null;
}

export interface AgentBudgetOptions {
  readonly limits: AgentLimits;
  readonly pause: () => void;
  readonly resume: () => void;
}

/** People and other attempts' workers hear of usage in so many steps of the limit, besides the routine reports. */
const STEPS = 20;

export function createAgentBudget({ limits, pause, resume }: AgentBudgetOptions): AgentBudget {
  let allowance: AgentAllowance = { ...limits, isPaused: false };
  let used: Usage = { tokens: 0, cost: 0 };
  let told = used;
  let reason: string | null = null;

  const review = (): void => {
    const next = explain(allowance, used);
    const wasPaused = reason !== null;
    reason = next;
    if (wasPaused && next === null) resume();
    if (!wasPaused && next !== null) pause();
  };
  return {
    use(usage) {
      used = usage;
      review();
      const isStep = (['tokens', 'cost'] as const).some((kind) => {
        const limit = limits[kind];
        return limit !== null && used[kind] - told[kind] >= limit / STEPS && used[kind] > told[kind];
      });
      if (isStep) told = used;
      return isStep;
    },
    allow(next) {
      allowance = next;
      review();
    },
    get reason() {
      return reason;
    },
  };
}

function explain({ isPaused, tokens, cost }: AgentAllowance, used: Usage): string | null {
  if (tokens !== null && used.tokens >= tokens) return `paused: its budget of tokens is used up (${used.tokens} used)`;
  if (cost !== null && used.cost >= cost) return `paused: its budget of money is used up (${used.cost} spent)`;
  return isPaused ? 'paused: a budget is used up' : null;
}
