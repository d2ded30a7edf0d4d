import { clip } from '../clip.ts';
import { isAtWork } from './state.ts';
import { taskRun, type Sprint } from './turn.ts';

const MAX_OTHERS = 10;
const MAX_LINE = 160;

/**
 * Who does what now, at most ten lines of at most 160 characters, those first whose tasks the given one depends on or lets start; then the
 * newest announcements.
 */
export function describeOthers(sprint: Sprint, task: number): string {
  const { index, state } = sprint;
  const announcements = state.mail?.announcements ?? [];
  if (state.running === 1 && announcements.length === 0) return '';
  const own = state.tasks[task]?.agent;
  const lines: string[] = [];
  const describe = (agent: number): void => {
    const { busy, last } = state.agents[agent] as Sprint['state']['agents'][number];
    if (busy === 0 || agent === own) return;
    lines.push(clip(`${index.agents[agent]?.id}: ${last?.current_task ?? `${busy} task(s)`}`, MAX_LINE));
  };
  const neighbours = neighboursOf(sprint, task);
  for (const agent of neighbours) if (lines.length < MAX_OTHERS) describe(agent);
  for (let agent = 0; agent < state.agents.length && lines.length < MAX_OTHERS; agent += 1) {
    if (!neighbours.includes(agent)) describe(agent);
  }
  const heard = announcements.map(({ from, text }) => clip(`${from} announced: ${text}`, MAX_LINE));
  return [...lines, ...heard].join('\n');
}

/** So many edges are followed at each step: a start must not cost more in a plan where one task lets thousands start. */
const MAX_EDGES = 8;

/** Agents at work on what follows the same tasks as the given one, or comes before the same. */
function neighboursOf(sprint: Sprint, task: number): readonly number[] {
  const { dependencies, successors } = sprint.index;
  const near: number[] = [];
  const visit = (first: typeof dependencies, second: typeof dependencies): void => {
    for (const between of (first[task] as readonly number[]).slice(0, MAX_EDGES)) {
      for (const other of (second[between] as readonly number[]).slice(0, MAX_EDGES)) {
        const { state, agent } = taskRun(sprint, other);
        if (isAtWork(state) && !near.includes(agent as number)) near.push(agent as number);
      }
    }
  };
  visit(dependencies, successors);
  visit(successors, dependencies);
  return near;
}
