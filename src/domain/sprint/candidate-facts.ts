import type { CandidateFacts } from '../reallocation/assessment.ts';
import { candidatesOf } from './allocation.ts';
import { canAfford } from './budget-holds.ts';
import { isAtWork } from './state.ts';
import { agentProfile, agentRun, taskRun, type Sprint } from './turn.ts';

/** So many candidates are looked at; of more, those with the fewest tasks so far. */
const MAX_CANDIDATES = 100;

/** What speaks for and against each agent that may do the task, whoever has it included. O(n) in the number of tasks. */
export function toCandidateFacts(sprint: Sprint, task: number): CandidateFacts[] {
  const candidates = candidatesOf(sprint, task)
    .toSorted((a, b) => agentRun(sprint, a).assigned - agentRun(sprint, b).assigned || a - b)
    .slice(0, MAX_CANDIDATES);
  const waits = earliestEnds(sprint, new Set(candidates));
  return candidates.map((number) => {
    const { busy, capacity, record = { done: 0, failed: 0, slipped: 0 } } = agentRun(sprint, number);
    return {
      agent: agentProfile(sprint, number),
      busy,
      capacity,
      waitMs: busy < capacity ? 0 : Math.max(1, (waits.get(number) ?? sprint.state.now) - sprint.state.now),
      record: { ...record },
      excluded: findObstacle(sprint, task, number),
    };
  });
}

/** Whether another agent may have the task now. */
export const hasOtherCandidate = (sprint: Sprint, task: number): boolean =>
  candidatesOf(sprint, task).some((number) => findObstacle(sprint, task, number) === null);

/** Why the agent is out of the question; null: it is not. Nobody who had the task gets it back, so that it does not go in circles. */
function findObstacle(sprint: Sprint, task: number, number: number): string | null {
  const { active, available, held, capacity } = agentRun(sprint, number);
  const { agent, moves } = taskRun(sprint, task);
  if (number === agent) return 'has it now, or had it last';
  if (moves?.tried.includes(number)) return 'had it before';
  if (!active) return 'waits for its trigger';
  if (!available || capacity === 0) return 'unavailable';
  if (held > 0) return 'held by a checkpoint';
  return canAfford(sprint, task, number) ? null : 'the budget does not allow it';
}

/** When each of the agents is expected to have a slot free, by the forecasts of their attempts (Unix ms). */
function earliestEnds({ state }: Sprint, agents: ReadonlySet<number>): Map<number, number> {
  const ends = new Map<number, number>();
  for (const { state: phase, agent, expectedAt } of state.tasks) {
    if (!isAtWork(phase) || agent === null || expectedAt === null || !agents.has(agent)) continue;
    ends.set(agent, Math.min(ends.get(agent) ?? expectedAt, expectedAt));
  }
  return ends;
}
