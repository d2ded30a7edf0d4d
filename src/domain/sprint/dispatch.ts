import { onTaskChanged } from './activation.ts';
import { toFirstStatus } from './agent-statuses.ts';
import { chooseAgent, explainChoice, hasFreeAgent, isFree } from './allocation.ts';
import { toPerform } from './attempt-input.ts';
import { canAfford, isSprintHeld, openHold, parkForBudget, startUsage } from './budget-holds.ts';
import { removeClassAt } from './class-set.ts';
import { watchForConflicts } from './conflict-watch.ts';
import { heapPop } from './heap.ts';
import { openHumanTask } from './inbox.ts';
import { acquireLeases, findBlockingNeed } from './leases.ts';
import { takeAll } from './mail-boxes.ts';
import { isThrottled } from './measures.ts';
import { parkTask, wakeAfterStart } from './parking.ts';
import { watchForSlip } from './slip-watch.ts';
import { agentProfile, agentRun, decide, taskRun, taskSpec, type Turn } from './turn.ts';

/**
 * Starts what can start: of the classes whose chances have changed, the one with the most pressing task comes first.
 * Costs O(log n) in the number of tasks for each task started or parked.
 */
export function dispatch(turn: Turn): void {
  while (canDispatch(turn)) {
    const group = findMostPressing(turn);
    if (group === null) return;
    const task = heapPop(turn.state.ready[group] as number[], turn.isBefore) as number;
    const blocking = findBlockingNeed(turn, task);
    if (blocking === null) startOrSetAside(turn, task);
    else {
      parkTask(turn, task, blocking);
      watchForConflicts(turn);
    }
  }
}

const canDispatch = (turn: Turn): boolean => turn.state.phase === 'running' && !isSprintHeld(turn) && !isThrottled(turn);

/** Somebody is free for it; whether their budgets and the task's own allow it is another question. */
function startOrSetAside(turn: Turn, task: number): void {
  const chosen = chooseAgent(turn, task);
  if (chosen !== null && taskRun(turn, task).state === 'waiting') return startAttempt(turn, task, chosen);
  if (chosen === null) parkForBudget(turn, task);
  // The chance goes on to whoever waits behind it.
  wakeAfterStart(turn, task);
}

/** Drops the classes on the way that have no ready task or no free agent. */
function findMostPressing(turn: Turn): number | null {
  let best: number | null = null;
  let bestHead = -1;
  const { members } = turn.touched;
  for (let place = members.length - 1; place >= 0; place -= 1) {
    const group = members[place] as number;
    const head = turn.state.ready[group]?.[0];
    if (head === undefined || !hasFreeAgent(turn, group)) removeClassAt(turn.touched, place);
    else if (best === null || turn.isBefore(head, bestHead)) {
      best = group;
      bestHead = head;
    }
  }
  return best;
}

/** Starts a task that waits in no queue with that agent, if it is free and the task's leases are; answers whether it did. */
export function startWith(turn: Turn, task: number, agent: number): boolean {
  if (!canDispatch(turn) || taskRun(turn, task).waitsFor > 0 || !isFree(agentRun(turn, agent))) return false;
  if (taskRun(turn, task).isHeld || turn.state.hold?.tasks.includes(task)) return false;
  if (!canAfford(turn, task, agent) || findBlockingNeed(turn, task) !== null) return false;
  startAttempt(turn, task, agent);
  return true;
}

function startAttempt(turn: Turn, task: number, chosen: number): void {
  const { state } = turn;
  const run = taskRun(turn, task);
  const spec = taskSpec(turn, task);
  const why = explainChoice(turn, task, chosen);
  const profile = agentProfile(turn, chosen);
  const agent = agentRun(turn, chosen);
  acquireLeases(turn, task);
  agent.busy += 1;
  agent.assigned += 1;
  state.running += 1;
  run.state = 'running';
  run.attempt += 1;
  run.agent = chosen;
  run.startedAt = state.now;
  run.expectedAt = state.now + (turn.index.estimateMs[task] as number);
  run.reason = null;
  run.status = toFirstStatus(turn, task);
  agent.last = run.status;
  watchForSlip(turn, task);
  startUsage(turn, task);
  openHold(turn, task);
  decide(turn, 'taskStarted', `${profile.id} starts "${spec.title}" (attempt ${run.attempt}): ${why}`, {
    task: spec.id,
    attempt: run.attempt,
    agent_id: profile.id,
  });
  if (profile.kind === 'human') openHumanTask(turn, task);
  else {
    if (state.mail !== null) takeAll(state.mail, task, chosen, run.attempt);
    turn.effects.push(toPerform(turn, task));
  }
  wakeAfterStart(turn, task);
  onTaskChanged(turn, task);
}
