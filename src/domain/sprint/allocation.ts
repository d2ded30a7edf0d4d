import { describeAgent } from './agent-phrases.ts';
import { canAfford } from './budget-holds.ts';
import type { AgentRun } from './state.ts';
import { agentProfile, agentRun, taskRun, type Sprint } from './turn.ts';

/**
 * Chooses who does a task now, among the candidates of its class that are active, available, not held back by a checkpoint and
 * have capacity left, and whose budgets allow it: not the one that failed it last, then the lowest load (running ÷ capacity), then the fewest tasks so far,
 * then the fewest skills beyond the needed ones (specialists first), then id. null when nobody is free.
 */
export function chooseAgent(sprint: Sprint, task: number): number | null {
  const { failedBy } = taskRun(sprint, task);
  let best: number | null = null;
  for (const candidate of candidatesOf(sprint, task)) {
    if (!isFree(agentRun(sprint, candidate)) || !canAfford(sprint, task, candidate)) continue;
    if (best === null || compareAgents(sprint, failedBy, candidate, best) < 0) best = candidate;
  }
  return best;
}

export const candidatesOf = ({ index }: Sprint, task: number): readonly number[] =>
  index.classes[index.classOf[task] as number] as readonly number[];

export const isFree = (agent: AgentRun): boolean =>
  agent.active && agent.available && agent.held === 0 && agent.busy < agent.capacity && agent.isOverBudget !== true;

export function hasFreeAgent({ index, state }: Sprint, group: number): boolean {
  for (const agent of index.classes[group] as readonly number[]) if (isFree(state.agents[agent] as AgentRun)) return true;
  return false;
}

/** Below zero: a is the better choice. Agents are numbered in the order of their ids, and candidates come in that order. */
function compareAgents(sprint: Sprint, failedBy: number | null, a: number, b: number): number {
  const ofA = agentRun(sprint, a);
  const ofB = agentRun(sprint, b);
  return (
    Number(failedBy === a) - Number(failedBy === b) ||
    ofA.busy / ofA.capacity - ofB.busy / ofB.capacity ||
    ofA.assigned - ofB.assigned ||
    agentProfile(sprint, a).skills.length - agentProfile(sprint, b).skills.length
  );
}

const MAX_EXPLAINED = 3;

/** Why this agent, in a sentence for the log: to be asked before the choice takes effect. */
export function explainChoice(sprint: Sprint, task: number, chosen: number): string {
  const candidates = candidatesOf(sprint, task);
  if (candidates.length === 1) return 'the only candidate';
  const { failedBy } = taskRun(sprint, task);
  let others = '';
  let named = 0;
  for (const other of candidates) {
    if (named === MAX_EXPLAINED) break;
    if (other === chosen) continue;
    others += (named === 0 ? '' : ', ') + describeAgent(sprint, other, failedBy);
    named += 1;
  }
  const more = candidates.length - 1 - named;
  return `${describeAgent(sprint, chosen, failedBy)} before ${others}${more > 0 ? ` and ${more} more` : ''}`;
}
