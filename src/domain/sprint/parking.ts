import { heapPop, heapPush, reheap } from './heap.ts';
import type { LeaseNeed } from './lease-needs.ts';
import { canLease, findBlockingNeed, needsOf } from './leases.ts';
import type { LeaseQueue } from './state.ts';
import { resourceRun, type Sprint, type Turn } from './turn.ts';

/**
 * Tasks that wait for leases. A blocked task is parked at the resource that blocks it, in a heap per class and mode; a released
 * resource wakes the best of each heap only, and whoever is woken passes the chance on when it starts or is blocked elsewhere. Of a
 * lease group (same class, same needs) one task is parked, the others wait behind it, for what blocks it blocks them as well. So an
 * event costs as much as the groups that it moves, not the tasks.
 */

/** Puts a ready task aside until the lease that it lacks may be had; what it could have had goes to whoever waits for that. */
export function parkTask(turn: Turn, task: number, need: LeaseNeed): void {
  park(turn, task, need);
  passOn(turn, task);
}

function park(turn: Turn, task: number, { resource, mode }: LeaseNeed): void {
  const queue = queueOf(turn, task);
  if (queue.head !== null && turn.isBefore(queue.head, task)) heapPush(queue.behind, task, turn.isBefore);
  else {
    queue.head = task;
    const heap = (resourceRun(turn, resource).parked[keyOf(turn, task, mode)] ??= []);
    heapPush(heap, task, turn.isBefore);
  }
}

/** After a task has got its leases: the next of its group may try, and whoever waited for what is left of its resources. */
export function wakeAfterStart(turn: Turn, task: number): void {
  wakeNextOfGroup(turn, task);
  passOn(turn, task);
}

/** After a task has given its leases back: the best of each heap whose lease could be granted now. */
export function wakeAfterRelease(turn: Turn, task: number): void {
  for (const { resource } of needsOf(turn, task)) {
    for (const text in resourceRun(turn, resource).parked) {
      const key = Number(text);
      wakeBest(turn, { resource, mode: modeOf(key) }, key);
    }
  }
}

export function makeReady(turn: Turn, task: number): void {
  const group = turn.index.classOf[task] as number;
  heapPush(turn.state.ready[group] as number[], task, turn.isBefore);
  turn.touched.add(group);
}

/** The task's priority has changed: restores the order wherever it may wait. */
export function reorder(turn: Turn, task: number): void {
  const group = turn.index.classOf[task] as number;
  reheap(turn.state.ready[group] as number[], turn.isBefore);
  reheap(queueOf(turn, task).behind, turn.isBefore);
  for (const need of needsOf(turn, task)) {
    const heap = resourceRun(turn, need.resource).parked[keyOf(turn, task, need.mode)];
    if (heap) reheap(heap, turn.isBefore);
  }
  wakeNextOfGroup(turn, task);
  turn.touched.add(group);
}

/** Takes all tasks of a class out of every queue. */
export function clearQueuesOf({ index, state }: Sprint, group: number): void {
  state.ready[group] = [];
  for (const { parked } of state.resources) {
    delete parked[2 * group];
    delete parked[2 * group + 1];
  }
  for (const [task, other] of index.classOf.entries()) {
    if (other === group) state.leaseQueues[index.leaseGroupOf[task] as number] = { head: null, behind: [] };
  }
}

/** The resources that the task does not block any more, or never did, go to the next of its class that waits for them. */
function passOn(turn: Turn, task: number): void {
  for (const need of needsOf(turn, task)) wakeBest(turn, need, keyOf(turn, task, need.mode));
}

/** The best of a heap whose lease could be granted now becomes ready; those before it that lack another lease are parked there. */
function wakeBest(turn: Turn, need: LeaseNeed, key: number): void {
  const { parked } = resourceRun(turn, need.resource);
  const heap = parked[key];
  if (!heap || !canLease(turn, need)) return;
  for (let isTaken = false; !isTaken && heap.length > 0;) {
    const task = heapPop(heap, turn.isBefore) as number;
    const queue = queueOf(turn, task);
    if (queue.head === task) queue.head = null;
    isTaken = admit(turn, task);
  }
  if (heap.length === 0) delete parked[key];
}

function wakeNextOfGroup(turn: Turn, task: number): void {
  const next = heapPop(queueOf(turn, task).behind, turn.isBefore);
  if (next !== undefined) admit(turn, next);
}

/** Makes a waiting task ready if it can have all its leases now, which it answers; parks it otherwise. */
function admit(turn: Turn, task: number): boolean {
  const blocking = findBlockingNeed(turn, task);
  if (blocking === null) makeReady(turn, task);
  else park(turn, task, blocking);
  return blocking === null;
}

const queueOf = ({ index, state }: Sprint, task: number): LeaseQueue =>
  state.leaseQueues[index.leaseGroupOf[task] as number] as LeaseQueue;

/** Number of the heap of parked tasks: by class, exclusive leases apart from shared ones, since one may be had without the other. */
const keyOf = ({ index }: Sprint, task: number, mode: LeaseNeed['mode']): number =>
  2 * (index.classOf[task] as number) + (mode === 'exclusive' ? 1 : 0);

const modeOf = (key: number): LeaseNeed['mode'] => (key % 2 === 1 ? 'exclusive' : 'shared');
