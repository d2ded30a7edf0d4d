import { ownValue } from '../own-value.ts';
import type { Task } from '../plan/plan.ts';

/** One lease that a task takes before it starts, by resource number. */
export interface LeaseNeed {
  readonly resource: number;
  readonly mode: 'exclusive' | 'shared';
}

/**
 * Turns the resources and paths of tasks into leases. A path is a lease too, by multi-granularity locking (Gray et al. 1976): it is
 * taken exclusively and each folder above it shared, so that a folder and what lies in it never go together while siblings do.
 * Each task's leases come in the order of resource ids and are granted all at once, so that no two tasks can wait for each other.
 * A path that can never block anybody is left out: nobody but its task takes it, or nobody takes it exclusively.
 */
export function toLeaseNeeds(tasks: readonly Task[], capacities: Readonly<Record<string, number>>) {
  const modes = leaveOutFreePaths(tasks.map(toModes));
  const resourceIds = [...new Set(modes.flatMap((task) => [...task.keys()]))].toSorted();
  const numbers = new Map(resourceIds.map((id, number) => [id, number]));
  const resourceCapacity = resourceIds.map((id) => (isDeclared(id) ? (ownValue(capacities, id) ?? 1) : Number.POSITIVE_INFINITY));
  const needs = modes.map((task) =>
    [...task]
      .map(([id, mode]): LeaseNeed => ({ resource: numbers.get(id) as number, mode }))
      .toSorted((a, b) => a.resource - b.resource),
  );
  return { resourceIds, resourceCapacity, needs };
}

type Modes = ReadonlyMap<string, LeaseNeed['mode']>;

function leaveOutFreePaths(modes: readonly Modes[]): Modes[] {
  const users = new Map<string, number>();
  const exclusive = new Set<string>();
  for (const [id, mode] of modes.flatMap((task) => [...task])) {
    users.set(id, (users.get(id) ?? 0) + 1);
    if (mode === 'exclusive') exclusive.add(id);
  }
  const canBlock = (id: string): boolean => !id.startsWith(PATH) || (exclusive.has(id) && (users.get(id) as number) > 1);
  return modes.map((task) => new Map([...task].filter(([id]) => canBlock(id))));
}

/** Prefix of the resource id of a path; no id of a plan can contain the colon. */
export const PATH = 'path:';
/** Prefix of the id of an external dependency, of which any number of tasks has a share unless its circuit is open. */
export const DEPENDENCY = 'dependency:';

/** Whether it is a resource of the plan, and neither a path nor an external dependency. */
export const isDeclared = (resource: string): boolean => !resource.includes(':');

function toModes(task: Task): Modes {
  const modes = new Map<string, LeaseNeed['mode']>();
  for (const { id, mode } of task.resources) if (modes.get(id) !== 'exclusive') modes.set(id, mode);
  for (const id of task.needs ?? []) modes.set(DEPENDENCY + id, 'shared');
  for (const path of task.paths.map(toFolders)) {
    for (let depth = 1; depth < path.length; depth += 1) {
      const folder = PATH + path.slice(0, depth).join('/');
      if (!modes.has(folder)) modes.set(folder, 'shared');
    }
    modes.set(PATH + path.join('/'), 'exclusive');
  }
  return modes;
}

/** A declared path (relative, without `..` and patterns, `.` for the root) as the folders that lead to it, from the root `.`. */
export function toFolders(path: string): string[] {
  return ['.', ...path.split('/').filter((part) => part !== '' && part !== '.')];
}
