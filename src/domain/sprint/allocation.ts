import type { AgentRun } from './state.ts';
import { taskRun, type Sprint } from './turn.ts';

/** How an agent was chosen, in a sentence that can stand in a log. */
export interface Choice {
  readonly agent: number;
  readonly why: string;
}

/**
 * Chooses who does a task now, among the candidates of its class that are active, available, not held back by a checkpoint and
 * have capacity left: not the one that failed it last, then the lowest load (running ÷ capacity), then the fewest tasks so far,
 * then the fewest skills beyond the needed ones (specialists first), then id. null when nobody is free.
 */
export function chooseAgent(sprint: Sprint, task: number): Choice | null {
  const candidates = sprint.index.classes[sprint.index.classOf[task] as number] as readonly number[];
  let best: number | null = null;
  for (const candidate of candidates) {
    if (!isFree(sprint.state.agents[candidate] as AgentRun)) continue;
    if (best === null || isBetter(sprint, task, candidate, best)) best = candidate;
  }
  return best === null ? null : { agent: best, why: explain(sprint, candidates, best) };
}

export const isFree = (agent: AgentRun): boolean =>
  agent.active && agent.available && agent.held === 0 && agent.busy < agent.capacity;

function isBetter(sprint: Sprint, task: number, a: number, b: number): boolean {
  const { lastAgent, failures } = taskRun(sprint, task);
  const keys = (agent: number): number[] => {
    const run = sprint.state.agents[agent] as AgentRun;
    const hasFailed = failures > 0 && lastAgent === agent ? 1 : 0;
    return [hasFailed, run.busy / run.capacity, run.assigned, sprint.index.agents[agent]?.skills.length ?? 0];
  };
  const ofB = keys(b);
  const difference = keys(a).map((key, position) => key - (ofB[position] ?? 0)).find((gap) => gap !== 0);
  return difference === undefined ? a < b : difference < 0;
}

const MAX_EXPLAINED = 8;

function explain({ index, state }: Sprint, candidates: readonly number[], chosen: number): string {
  if (candidates.length === 1) return 'the only candidate';
  const others = candidates.filter((candidate) => candidate !== chosen).slice(0, MAX_EXPLAINED);
  const more = candidates.length - 1 - others.length;
  const say = (agent: number): string => `${index.agents[agent]?.id} (${describeLoad(state.agents[agent] as AgentRun)})`;
  return `${say(chosen)} before ${others.map(say).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function describeLoad(agent: AgentRun): string {
  if (!agent.active) return 'waits for its trigger';
  if (!agent.available) return 'unavailable';
  if (agent.held > 0) return 'held by a checkpoint';
  return `${agent.busy}/${agent.capacity} busy, ${agent.assigned} so far`;
}
