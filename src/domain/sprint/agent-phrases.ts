import { clip } from '../clip.ts';
import type { AgentRun } from './state.ts';
import { agentProfile, agentRun, type Sprint } from './turn.ts';

/**
 * What decisions and digests say of an agent, kept beside the state until it changes: every start names several agents, of which one
 * has changed, and words are a large part of what an event costs.
 */
export interface AgentPhrases {
  load: string;
  /** What `load` was said of. */
  loadOf: { readonly busy: number; readonly capacity: number; readonly assigned: number };
  work: string;
  workOf: { readonly busy: number; readonly task: string | null };
}

/** Characters in a line of a digest. */
export const MAX_LINE = 160;

/** The agent and what it is at work on, in a line of a digest. */
export function describeWork(sprint: Sprint, agent: number): string {
  const phrases = phrasesOf(sprint, agent);
  const { busy, last } = agentRun(sprint, agent);
  const task = last?.current_task ?? null;
  if (phrases.workOf.task !== task || phrases.workOf.busy !== busy) {
    phrases.workOf = { busy, task };
    phrases.work = clip(`${agentProfile(sprint, agent).id}: ${task ?? `${busy} task(s)`}`, MAX_LINE);
  }
  return phrases.work;
}

/** The agent and how much it has to do, or why it does nothing. */
export function describeAgent(sprint: Sprint, agent: number, failedBy: number | null): string {
  const run = agentRun(sprint, agent);
  const hindrance = describeHindrance(run);
  if (hindrance === null && agent !== failedBy) return describeFree(sprint, agent, run);
  const { id } = agentProfile(sprint, agent);
  return `${id} (${agent === failedBy ? 'failed it last, ' : ''}${hindrance ?? describeLoad(run)})`;
}

function describeFree(sprint: Sprint, agent: number, run: AgentRun): string {
  const phrases = phrasesOf(sprint, agent);
  const { busy, capacity, assigned } = phrases.loadOf;
  if (busy !== run.busy || assigned !== run.assigned || capacity !== run.capacity) {
    phrases.loadOf = { busy: run.busy, capacity: run.capacity, assigned: run.assigned };
    phrases.load = `${agentProfile(sprint, agent).id} (${describeLoad(run)})`;
  }
  return phrases.load;
}

function phrasesOf({ phrases }: Sprint, agent: number): AgentPhrases {
  let known = phrases[agent];
  if (!known) {
    known = { load: '', loadOf: { busy: -1, capacity: -1, assigned: -1 }, work: '', workOf: { busy: -1, task: null } };
    phrases[agent] = known;
  }
  return known;
}

const describeLoad = ({ busy, capacity, assigned }: AgentRun): string => `${busy}/${capacity} busy, ${assigned} so far`;

function describeHindrance({ active, available, held, isOverBudget }: AgentRun): string | null {
  if (!active) return 'waits for its trigger';
  if (!available) return 'unavailable';
  if (held > 0) return 'held by a checkpoint';
  return isOverBudget ? 'its budget is used up' : null;
}
