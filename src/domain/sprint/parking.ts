import { addClass } from './class-set.ts';
import { isHeldByEscalation } from './escalations.ts';
import { heapPop, heapPush, reheap } from './heap.ts';
import type { LeaseNeed } from './lease-needs.ts';
import { canLease, findBlockingNeed, needsOf } from './leases.ts';
import { ON_HOLD } from './measures.ts';
import type { LeaseQueue, ResourceRun } from './state.ts';
import { resourceRun, taskRun, touchAll, type Sprint, type Turn } from './turn.ts';

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
    heapPush(heapFor(turn, { resource, mode }, classOf(turn, task)), task, turn.isBefore);
  }
}

/** After a task has got its leases: the next of its group may try, and whoever waited for what is left of its resources. */
export function wakeAfterStart(turn: Turn, task: number): void {
  wakeNextOfGroup(turn, task);
  passOn(turn, task);
}

/** After a task has given its leases back: the best of each heap whose lease could be granted now. */
export function wakeAfterRelease(turn: Turn, task: number): void {
  for (const { resource } of needsOf(turn, task)) wakeAt(turn, resource);
}

/** More of it may be leased than before: whoever waits for it may try. */
export function wakeAt(turn: Turn, resource: number): void {
  for (const waiting of resourceRun(turn, resource).parked)
    if (canLease(turn, resource, waiting.mode)) wakeBest(turn, waiting.heap);
}

/** The task may wait for more than an agent and leases yet: for a decision, its reallocation, an amendment, a measure. Its time comes later then. */
export function makeReady(turn: Turn, task: number): void {
  const { hold } = turn.state;
  const run = taskRun(turn, task);
  if (run.waitsFor > 0 || run.retryAt !== null || run.moves?.isHeld || isHeldByEscalation(turn, task)) return;
  if (run.isHeld) {
    run.reason = ON_HOLD;
    return;
  }
  if (hold?.tasks.includes(task)) {
    run.reason = `awaiting authorization of revision ${hold.revision}`;
    return;
  }
  const group = classOf(turn, task);
  heapPush(turn.state.ready[group] as number[], task, turn.isBefore);
  addClass(turn.touched, group);
}

/** The task's priority has changed: restores the order wherever it may wait. */
export function reorder(turn: Turn, task: number): void {
  const group = classOf(turn, task);
  reheap(turn.state.ready[group] as number[], turn.isBefore);
  reheap(queueOf(turn, task).behind, turn.isBefore);
  for (const need of needsOf(turn, task)) {
    const waiting = findParked(turn, need, group);
    if (waiting) reheap(waiting.heap, turn.isBefore);
  }
  wakeNextOfGroup(turn, task);
  addClass(turn.touched, group);
}

/** The order of all tasks has changed: restores it wherever any of them waits. */
export function reorderAll(turn: Turn): void {
  const { state, isBefore } = turn;
  for (const heap of state.ready) reheap(heap, isBefore);
  for (const { parked } of state.resources) for (const { heap } of parked) reheap(heap, isBefore);
  for (const { behind } of state.leaseQueues) reheap(behind, isBefore);
  // The first behind a parked one may come before it now; whoever was parked stays so.
  for (const { behind } of state.leaseQueues) if (behind[0] !== undefined) wakeNextOfGroup(turn, behind[0]);
  touchAll(turn);
}

/** Takes all tasks of a class out of every queue. */
export function clearQueuesOf({ index, state }: Sprint, group: number): void {
  state.ready[group] = [];
  for (const resource of state.resources) resource.parked = resource.parked.filter((waiting) => waiting.group !== group);
  for (const [task, other] of index.classOf.entries()) {
    if (other === group) state.leaseQueues[index.leaseGroupOf[task] as number] = { head: null, behind: [] };
  }
}

/** The resources that the task does not block any more, or never did, go to the next of its class that waits for them. */
function passOn(turn: Turn, task: number): void {
  for (const { resource, mode } of needsOf(turn, task)) {
    if (!canLease(turn, resource, mode)) continue;
    const waiting = findParked(turn, { resource, mode }, classOf(turn, task));
    if (waiting) wakeBest(turn, waiting.heap);
  }
}

/** The best of a heap whose lease could be granted now becomes ready; those before it that lack another lease are parked there. */
function wakeBest(turn: Turn, heap: number[]): void {
  for (let isTaken = false; !isTaken && heap.length > 0;) {
    const task = heapPop(heap, turn.isBefore) as number;
    const queue = queueOf(turn, task);
    if (queue.head === task) queue.head = null;
    isTaken = admit(turn, task);
  }
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

const classOf = ({ index }: Sprint, task: number): number => index.classOf[task] as number;

/** Exclusive leases are waited for apart from shared ones, since one may be had without the other. */
function findParked(sprint: Sprint, { resource, mode }: LeaseNeed, group: number): ResourceRun['parked'][number] | undefined {
  for (const waiting of resourceRun(sprint, resource).parked)
    if (waiting.group === group && waiting.mode === mode) return waiting;
  return undefined;
}

function heapFor(sprint: Sprint, need: LeaseNeed, group: number): number[] {
  const known = findParked(sprint, need, group);
  if (known) return known.heap;
  const heap: number[] = [];
  resourceRun(sprint, need.resource).parked.push({ group, mode: need.mode, heap });
  return heap;
}
