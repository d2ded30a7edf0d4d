import type { Lease } from '../roster.ts';
import { isDeclared, type LeaseNeed } from './lease-needs.ts';
import type { ResourceRun } from './state.ts';
import { resourceRun, type Sprint, type Turn } from './turn.ts';

export const needsOf = ({ index }: Sprint, task: number): readonly LeaseNeed[] => index.needs[task] as readonly LeaseNeed[];

/** Whether such a lease could be granted now. */
export function canLease(sprint: Sprint, resource: number, mode: LeaseNeed['mode']): boolean {
  const { count, exclusive, limit } = resourceRun(sprint, resource);
  if (limit !== undefined && count >= limit) return false;
  if (mode === 'exclusive') return count === 0;
  return !exclusive && count < (sprint.index.resourceCapacity[resource] as number);
}

/** The first lease that the task cannot have now; null when it can have all of them. */
export function findBlockingNeed(sprint: Sprint, task: number): LeaseNeed | null {
  for (const need of needsOf(sprint, task)) if (!canLease(sprint, need.resource, need.mode)) return need;
  return null;
}

/** Grants all leases of the task; the caller has made sure that they are free. */
export function acquireLeases(turn: Turn, task: number): void {
  for (const { resource, mode } of needsOf(turn, task)) {
    const run = resourceRun(turn, resource);
    run.token += 1;
    run.count += 1;
    run.exclusive = mode === 'exclusive';
    run.held.push({ task, mode, token: run.token });
  }
}

/** Takes the leases back; `wakeAfterRelease` then lets others try. */
export function releaseLeases(turn: Turn, task: number): void {
  for (const { resource } of needsOf(turn, task)) {
    const run = resourceRun(turn, resource);
    dropLease(run.held, task);
    run.count -= 1;
    run.exclusive = false;
  }
}

function placeOfLease(held: ResourceRun['held'], task: number): number {
  let place = held.length - 1;
  while (place >= 0 && held[place]?.task !== task) place -= 1;
  return place;
}

function dropLease(held: ResourceRun['held'], task: number): void {
  const place = placeOfLease(held, task);
  const last = held.pop() as ResourceRun['held'][number];
  if (place < held.length) held[place] = last;
}

/** Leases of declared resources that the task's running attempt holds, for the agent to show to the resource. */
export function leasesOf(sprint: Sprint, task: number): Lease[] {
  const leases: Lease[] = [];
  for (const { resource: number } of needsOf(sprint, task)) {
    const resource = sprint.index.resourceIds[number] as string;
    if (!isDeclared(resource)) continue;
    const { held } = resourceRun(sprint, number);
    const { mode, token } = held[placeOfLease(held, task)] as ResourceRun['held'][number];
    leases.push({ resource, mode, token });
  }
  return leases;
}
