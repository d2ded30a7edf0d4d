import { toFirstStatus } from './agent-statuses.ts';
import { chooseAgent, type Choice } from './allocation.ts';
import { toPerformTaskInput } from './attempt-input.ts';
import { heapPop } from './heap.ts';
import { openHumanTask } from './inbox.ts';
import { acquireLeases, findBlockingResource, parkTask } from './leases.ts';
import { estimateOf } from './sprint-index.ts';
import { MAX_IN_FLIGHT } from './state.ts';
import { decide, isTaskBefore, taskRun, type Turn } from './turn.ts';

/**
 * Starts what can start: of the classes whose chances have changed, the one with the most pressing task comes first.
 * Costs O(log n) in the number of tasks for each task started or parked.
 */
export function dispatch(turn: Turn): void {
  while (canDispatch(turn)) {
    const group = takeMostPressing(turn);
    if (group === null) return;
    const ready = turn.state.ready[group] as number[];
    const task = ready[0] as number;
    const choice = chooseAgent(turn, task);
    if (!choice) {
      turn.touched.delete(group);
      continue;
    }
    heapPop(ready, isTaskBefore(turn));
    const blocking = findBlockingResource(turn, task);
    if (blocking === null) startAttempt(turn, task, choice);
    else parkTask(turn, task, blocking);
  }
}

const canDispatch = ({ state }: Turn): boolean => state.phase === 'running' && state.running < MAX_IN_FLIGHT;

function takeMostPressing(turn: Turn): number | null {
  const isBefore = isTaskBefore(turn);
  let best: number | null = null;
  for (const group of turn.touched) {
    const head = turn.state.ready[group]?.[0];
    if (head === undefined) turn.touched.delete(group);
    else if (best === null || isBefore(head, turn.state.ready[best]?.[0] as number)) best = group;
  }
  return best;
}

function startAttempt(turn: Turn, task: number, choice: Choice): void {
  const { index, state } = turn;
  const run = taskRun(turn, task);
  const spec = index.tasks[task] as (typeof index.tasks)[number];
  const profile = index.agents[choice.agent] as (typeof index.agents)[number];
  const agent = state.agents[choice.agent] as (typeof state.agents)[number];
  acquireLeases(turn, task);
  agent.busy += 1;
  agent.assigned += 1;
  state.running += 1;
  run.state = 'running';
  run.attempt += 1;
  run.agent = choice.agent;
  run.startedAt = state.now;
  run.expectedAt = state.now + estimateOf(spec);
  run.reason = null;
  run.status = toFirstStatus(turn, task);
  agent.last = run.status;
  decide(turn, 'taskStarted', `${profile.id} starts "${spec.title}" (attempt ${run.attempt}): ${choice.why}`, {
    task: spec.id,
    attempt: run.attempt,
    agent_id: profile.id,
  });
  if (profile.kind === 'human') openHumanTask(turn, task);
  else {
    const input = toPerformTaskInput(turn, task);
    turn.effects.push({ type: 'perform', input, queue: profile.queue, budgetMs: spec.budget.timeMs, summary: `${profile.id}: ${spec.title}` });
  }
}
