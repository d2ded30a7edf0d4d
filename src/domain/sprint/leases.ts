import type { Lease } from '../roster.ts';
import { heapPop, heapPush } from './heap.ts';
import { PATH } from './lease-needs.ts';
import type { ResourceRun } from './state.ts';
import { isTaskBefore, type Sprint, type Turn } from './turn.ts';

/** The first lease that the task cannot have now, as a resource number; null when it can have all of them. */
export function findBlockingResource({ index, state }: Sprint, task: number): number | null {
  for (const { resource, mode } of index.needs[task] ?? []) {
    const run = state.resources[resource] as ResourceRun;
    const isFree = mode === 'exclusive' ? run.count === 0 : !run.exclusive && run.count < (index.resourceCapacity[resource] ?? 1);
    if (!isFree) return resource;
  }
  return null;
}

/** Grants all leases of the task; the caller has made sure that they are free. */
export function acquireLeases(turn: Turn, task: number): void {
  for (const { resource, mode } of turn.index.needs[task] ?? []) {
    const run = turn.state.resources[resource] as ResourceRun;
    run.token += 1;
    run.count += 1;
    run.exclusive = mode === 'exclusive';
    run.held[task] = { mode, token: run.token };
    if (mode === 'shared') wakeParked(turn, resource);
  }
}

export function releaseLeases(turn: Turn, task: number): void {
  for (const { resource } of turn.index.needs[task] ?? []) {
    const run = turn.state.resources[resource] as ResourceRun;
    delete run.held[task];
    run.count -= 1;
    run.exclusive = false;
    wakeParked(turn, resource);
  }
}

/** Puts a task aside until the resource is released. */
export function parkTask(turn: Turn, task: number, resource: number): void {
  const { parked } = turn.state.resources[resource] as ResourceRun;
  const heap = (parked[turn.index.classOf[task] as number] ??= []);
  heapPush(heap, task, isTaskBefore(turn));
}

/** The best task of each class that waits for the resource becomes ready again; it is parked anew if it still cannot have it. */
export function wakeParked(turn: Turn, resource: number): void {
  const { parked } = turn.state.resources[resource] as ResourceRun;
  for (const [group, heap] of Object.entries(parked)) {
    const task = heapPop(heap, isTaskBefore(turn));
    if (heap.length === 0) delete parked[group];
    if (task !== undefined) makeReady(turn, task);
  }
}

export function makeReady(turn: Turn, task: number): void {
  const group = turn.index.classOf[task] as number;
  heapPush(turn.state.ready[group] as number[], task, isTaskBefore(turn));
  turn.touched.add(group);
}

/** Leases of declared resources that the task's running attempt holds, for the agent to show to the resource. */
export function leasesOf({ index, state }: Sprint, task: number): Lease[] {
  return (index.needs[task] ?? []).flatMap(({ resource }) => {
    const id = index.resourceIds[resource] as string;
    const lease = state.resources[resource]?.held[task];
    return lease && !id.startsWith(PATH) ? [{ resource: id, ...lease }] : [];
  });
}
