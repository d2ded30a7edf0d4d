import { describeCondition } from '../plan/condition-words.ts';
import type { Condition } from '../plan/plan.ts';
import { wakeParked } from './budget-holds.ts';
import { closeItem } from './inbox.ts';
import { hasMatched, isMessageCondition } from './mail-triggers.ts';
import type { SprintIndex } from './sprint-index.ts';
import { addTimer } from './timers.ts';
import { agentProfile, agentRun, decide, taskRun, taskSpec, touchClassesOf, type Sprint, type Turn } from './turn.ts';

/** Agents with triggers wait until one of theirs has fired; conditions that hold from the start fire at once. */
export function startActivation(turn: Turn): void {
  watchTriggers(turn, 0);
}

function watchTriggers(turn: Turn, from: number): void {
  for (let number = from; number < turn.index.triggers.length; number += 1) {
    startTimers(turn, number);
    fireIfHolds(turn, number);
  }
}

function startTimers(turn: Turn, number: number): void {
  const { agent, when } = turn.index.triggers[number] as SprintIndex['triggers'][number];
  for (const at of timesIn(turn, when)) if (at > turn.state.now) addTimer(turn.state, { at, kind: 'activation', ref: agent });
}

/** Triggers that an amendment has brought. */
export function activateLater(turn: Turn): void {
  const { firedTriggers } = turn.state;
  const known = firedTriggers.length;
  if (known === turn.index.triggers.length) return;
  for (const _ of turn.index.triggers.slice(known)) firedTriggers.push(false);
  if (turn.state.started) watchTriggers(turn, known);
}

/** The task has started or ended. */
export function onTaskChanged(turn: Turn, task: number): void {
  fireAll(turn, turn.index.triggersOfTask.get(taskSpec(turn, task).id));
}

/** An attempt or a task has ended. */
export function onMetricsChanged(turn: Turn): void {
  fireAll(turn, turn.index.metricTriggers);
}

export function onCheckpointPassed(turn: Turn, checkpoint: string): void {
  fireAll(turn, turn.index.triggersOfCheckpoint.get(checkpoint));
}

/** A moment that one of the agent's triggers waits for has come. */
export function activationIsDue(turn: Turn, agent: number): void {
  for (const [number, trigger] of turn.index.triggers.entries()) if (trigger.agent === agent) fireIfHolds(turn, number);
}

/** After tasks have been reopened: a trigger that one of them, or a checkpoint after them, has fired may have to fire again. */
export function rearmTriggers(turn: Turn, reopened: readonly number[]): void {
  const { index, state } = turn;
  const checkpoints = [...index.triggersOfCheckpoint.values()];
  const ofTasks = reopened.map((task) => index.triggersOfTask.get(taskSpec(turn, task).id) ?? []);
  for (const number of new Set([...checkpoints, ...ofTasks].flat())) {
    const { agent, when } = index.triggers[number] as (typeof index.triggers)[number];
    if (!state.firedTriggers[number] || holds(turn, when, agent)) continue;
    state.firedTriggers[number] = false;
    startTimers(turn, number);
    agentRun(turn, agent).active = index.triggers.some((other, at) => other.agent === agent && state.firedTriggers[at]);
  }
}

function fireAll(turn: Turn, triggers: readonly number[] | undefined): void {
  if (triggers !== undefined) for (const number of triggers) fireIfHolds(turn, number);
}

/** Fires a trigger that has not fired yet and holds now. */
export function fireIfHolds(turn: Turn, number: number): void {
  const { index, state } = turn;
  const { agent: agentNumber, when } = index.triggers[number] as (typeof index.triggers)[number];
  if (state.cancelling || state.firedTriggers[number] || !holds(turn, when, agentNumber)) return;
  state.firedTriggers[number] = true;
  const agent = agentRun(turn, agentNumber);
  if (agent.active) return;
  agent.active = true;
  touchClassesOf(turn, agentNumber);
  // It may have what others lack.
  wakeParked(turn);
  const { id } = agentProfile(turn, agentNumber);
  closeItem(turn, `agent/${id}`);
  const trigger = describeCondition(when);
  decide(turn, 'agentActivated', `${id} is activated: ${trigger}`, { agent_id: id, trigger });
}

/** @param agent Whose trigger it is, by number. */
export function holds(sprint: Sprint, condition: Condition, agent: number): boolean {
  const { definition, index, state } = sprint;
  if ('all' in condition) return condition.all.every((part) => holds(sprint, part, agent));
  if ('any' in condition) return condition.any.some((part) => holds(sprint, part, agent));
  if (isMessageCondition(condition)) return hasMatched(sprint, agent, condition);
  if ('afterMs' in condition) return state.now >= state.startedAt + condition.afterMs;
  if ('at' in condition) return state.now >= Date.parse(condition.at);
  if ('metric' in condition) {
    const value = measure(sprint, condition.metric);
    return value > (condition.above ?? Number.POSITIVE_INFINITY) || value < (condition.below ?? Number.NEGATIVE_INFINITY);
  }
  if ('checkpoint' in condition) {
    const number = definition.sprint.checkpoints.findIndex(({ id }) => id === condition.checkpoint);
    return state.checkpoints[number]?.state === 'passed' || definition.passedCheckpoints.includes(condition.checkpoint);
  }
  const id = 'task' in condition ? condition.task : condition.of;
  const earlier = definition.delivered.find(({ task }) => task === id);
  const number = index.taskNumber.get(id);
  const run = number === undefined ? undefined : taskRun(sprint, number);
  if ('deliverable' in condition) {
    return (earlier ?? run)?.deliverables.some((deliverable) => deliverable.id === condition.deliverable) ?? false;
  }
  if (earlier) return condition.reached !== 'failed';
  if (!run) return false;
  if (condition.reached === 'started') return run.startedAt !== null;
  return run.state === (condition.reached === 'finished' ? 'done' : 'failed');
}

/** In percent, as the plan's metrics are; 0 before there is anything to measure. */
function measure({ state }: Sprint, metric: 'error_rate' | 'overall_progress'): number {
  if (metric === 'overall_progress') return (100 * state.ended) / state.tasks.length;
  return (100 * state.attempts.failed) / Math.max(1, state.attempts.ended);
}

function timesIn(sprint: Sprint, condition: Condition): number[] {
  if ('all' in condition) return condition.all.flatMap((part) => timesIn(sprint, part));
  if ('any' in condition) return condition.any.flatMap((part) => timesIn(sprint, part));
  if ('afterMs' in condition) return [sprint.state.startedAt + condition.afterMs];
  if ('at' in condition) return [Date.parse(condition.at)];
  return [];
}
