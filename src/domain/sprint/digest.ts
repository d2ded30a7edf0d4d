import { clip } from '../clip.ts';
import { describeWork, MAX_LINE } from './agent-phrases.ts';
import type { SprintIndex } from './sprint-index.ts';
import { isAtWork, type TaskRun } from './state.ts';
import { agentRun, type Sprint } from './turn.ts';

const MAX_OTHERS = 10;

/**
 * Who does what now, at most ten lines of at most 160 characters, those first whose tasks the given one depends on or lets start; then the
 * newest announcements.
 */
export function describeOthers(sprint: Sprint, task: number): string {
  const { state } = sprint;
  const announcements = state.mail?.announcements ?? [];
  if (state.running === 1 && announcements.length === 0) return '';
  const own = state.tasks[task]?.agent;
  const near = neighboursOf(sprint, task);
  let digest = '';
  for (let place = 0, named = 0; named < MAX_OTHERS && place < near.length + state.agents.length; place += 1) {
    const agent = place < near.length ? (near[place] as number) : place - near.length;
    const isKnown = agent === own || (place >= near.length && near.includes(agent));
    if (isKnown || agentRun(sprint, agent).busy === 0) continue;
    digest = addLine(digest, describeWork(sprint, agent));
    named += 1;
  }
  for (const { from, text } of announcements) digest = addLine(digest, clip(`${from} announced: ${text}`, MAX_LINE));
  return digest;
}

const addLine = (text: string, line: string): string => (text === '' ? line : `${text}\n${line}`);

/** So many edges are followed at each step: a start must not cost more in a plan where one task lets thousands start. */
const MAX_EDGES = 8;

/** Agents at work on what follows the same tasks as the given one, or comes before the same; no more than the digest has room for. */
function neighboursOf(sprint: Sprint, task: number): readonly number[] {
  const { dependencies, successors } = sprint.index;
  const near: number[] = [];
  addNeighbours(sprint, dependencies[task] as readonly number[], successors, near);
  addNeighbours(sprint, successors[task] as readonly number[], dependencies, near);
  return near;
}

function addNeighbours({ state }: Sprint, between: readonly number[], beyond: SprintIndex['successors'], near: number[]): void {
  for (let first = 0; first < between.length && first < MAX_EDGES; first += 1) {
    const others = beyond[between[first] as number] as readonly number[];
    for (let second = 0; second < others.length && second < MAX_EDGES; second += 1) {
      const { state: phase, agent } = state.tasks[others[second] as number] as TaskRun;
      if (isAtWork(phase) && !near.includes(agent as number)) near.push(agent as number);
    }
    // The task's own agent may be among them.
    if (near.length > MAX_OTHERS) return;
  }
}
