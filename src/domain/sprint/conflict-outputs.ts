import type { Deliverable } from '../attempt.ts';
import { chooseFirst, type Conflict } from '../mediation/conflict.ts';
import { toRival } from './conflict-rivals.ts';
import { raiseConflict } from './conflicts.ts';
import type { SprintIndex } from './sprint-index.ts';
import { taskRun, taskSpec, type Turn } from './turn.ts';

/** Tasks by the paths at which they deliver, of paths that several do; follows from the index alone. */
const contested = new WeakMap<SprintIndex, ReadonlyMap<string, readonly number[]>>();

function contestedPaths(index: SprintIndex): ReadonlyMap<string, readonly number[]> {
  const known = contested.get(index);
  if (known) return known;
  const all = new Map<string, number[]>();
  for (const [task, { deliverables }] of index.tasks.entries())
    for (const { path } of deliverables) all.set(path, [...(all.get(path) ?? []), task]);
  const several = new Map([...all].filter(([, tasks]) => tasks.length > 1));
  contested.set(index, several);
  return several;
}

/** A task is done: does another one, that neither follows it nor comes before it, hand over something else under the same path? */
export function onDelivered(turn: Turn, task: number): void {
  if (!turn.definition.mediation) return;
  const paths = contestedPaths(turn.index);
  if (paths.size === 0) return;
  for (const mine of taskRun(turn, task).deliverables) {
    for (const other of paths.get(mine.path) ?? []) {
      const theirs = taskRun(turn, other).deliverables.find(({ path }) => path === mine.path);
      if (other === task || taskRun(turn, other).state !== 'done' || !theirs || theirs.sha256 === mine.sha256) continue;
      if (!comesBefore(turn.index, other, task) && !comesBefore(turn.index, task, other))
        raise(turn, [other, task], theirs, mine);
    }
  }
}

function comesBefore({ dependencies }: SprintIndex, before: number, task: number): boolean {
  const seen = new Set([task]);
  for (const next of seen) for (const one of dependencies[next] as readonly number[]) seen.add(one);
  return seen.has(before);
}

function raise(turn: Turn, [first, then]: readonly [number, number], theirs: Deliverable, mine: Deliverable): void {
  const [one, two] = [taskSpec(turn, first), taskSpec(turn, then)];
  const conflict: Conflict = {
    key: `output/${mine.path}/${one.id}#${taskRun(turn, first).attempt}/${two.id}#${taskRun(turn, then).attempt}`,
    kind: 'output',
    title: `"${one.id}" and "${two.id}" both hand over ${mine.path}`,
    cause: `neither depends on the other, and what they hand over differs: ${theirs.size} and ${mine.size} bytes, ${theirs.sha256.slice(0, 12)} and ${mine.sha256.slice(0, 12)}.`,
    evidence: { path: mine.path, [one.id]: theirs.sha256, [two.id]: mine.sha256 },
    alternatives: [one, two].map(({ id }) => ({ id, text: `that of "${id}" counts, for both` })),
    fallback: one.id,
    subject: { type: 'output', path: mine.path, rivals: [first, then] },
  };
  const chosen = chooseFirst(toRival(turn, first, 0), toRival(turn, then, 0));
  raiseConflict(turn, conflict, chosen && { decision: chosen.first, by: chosen.by, why: chosen.why });
}
