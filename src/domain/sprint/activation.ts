import type { Condition, Trigger } from '../plan/plan.ts';
import type { AgentRun } from './state.ts';
import { isAtWork } from './state.ts';
import { addTimer } from './timers.ts';
import { decide, type Sprint, type Turn } from './turn.ts';

/** Agents with triggers wait until one of theirs has fired; conditions that hold from the start fire at once. */
export function startActivation(turn: Turn): void {
  for (const [number, trigger] of turn.definition.triggers.entries()) {
    const agent = agentOf(turn, trigger);
    if (!agent) continue;
    for (const at of timesIn(turn, trigger.when)) {
      addTimer(turn.state, { at, kind: 'activation', ref: turn.index.agentNumber.get(trigger.agent) as number });
    }
    fireIfHolds(turn, number);
  }
}

export function onTaskStateForTriggers(turn: Turn, task: number): void {
  fireAll(turn, turn.index.triggersOfTask.get(turn.index.tasks[task]?.id ?? ''));
}

export function onTaskEnded(turn: Turn): void {
  fireAll(turn, turn.index.metricTriggers);
}

export function onCheckpointPassed(turn: Turn, checkpoint: string): void {
  fireAll(turn, turn.index.triggersOfCheckpoint.get(checkpoint));
}

/** A moment that one of the agent's triggers waits for has come. */
export function activationIsDue(turn: Turn, agent: number): void {
  const id = turn.index.agents[agent]?.id;
  for (const [number, trigger] of turn.definition.triggers.entries()) if (trigger.agent === id) fireIfHolds(turn, number);
}

function fireAll(turn: Turn, triggers: readonly number[] | undefined): void {
  for (const number of triggers ?? []) fireIfHolds(turn, number);
}

function fireIfHolds(turn: Turn, number: number): void {
  const trigger = turn.definition.triggers[number] as Trigger;
  const agent = agentOf(turn, trigger);
  if (!agent || turn.state.firedTriggers[number] || !holds(turn, trigger.when)) return;
  turn.state.firedTriggers[number] = true;
  if (agent.active) return;
  agent.active = true;
  for (const group of turn.index.classesOfAgent[turn.index.agentNumber.get(trigger.agent) as number] ?? []) turn.touched.add(group);
  decide(turn, 'agentActivated', `${trigger.agent} is activated: ${describeCondition(trigger.when)}`, {
    agent_id: trigger.agent,
    trigger: describeCondition(trigger.when),
  });
}

function agentOf(turn: Turn, trigger: Trigger): AgentRun | undefined {
  return turn.state.agents[turn.index.agentNumber.get(trigger.agent) ?? -1];
}

export function holds(sprint: Sprint, condition: Condition): boolean {
  const { definition, index, state } = sprint;
  if ('all' in condition) return condition.all.every((part) => holds(sprint, part));
  if ('any' in condition) return condition.any.some((part) => holds(sprint, part));
  if ('checkpoint' in condition) {
    return state.checkpoints.some(({ state: now }, n) => now === 'passed' && definition.sprint.checkpoints[n]?.id === condition.checkpoint);
  }
  if ('metric' in condition) {
    const value = condition.metric === 'error_rate' ? errorRate(sprint) : (100 * state.ended) / Math.max(1, state.tasks.length);
    return value > (condition.above ?? Number.POSITIVE_INFINITY) || value < (condition.below ?? Number.NEGATIVE_INFINITY);
  }
  if ('afterMs' in condition) return state.now >= state.startedAt + condition.afterMs;
  if ('at' in condition) return state.now >= Date.parse(condition.at);
  const id = 'task' in condition ? condition.task : condition.of;
  const earlier = definition.delivered.find(({ task }) => task === id);
  const run = state.tasks[index.taskNumber.get(id) ?? -1];
  if ('deliverable' in condition) {
    return (earlier ?? run)?.deliverables.some((deliverable) => deliverable.id === condition.deliverable) ?? false;
  }
  if (earlier) return condition.reached !== 'failed';
  if (!run) return false;
  if (condition.reached === 'started') return run.attempt > 0;
  return run.state === (condition.reached === 'finished' ? 'done' : 'failed') && !isAtWork(run.state);
}

const errorRate = ({ state }: Sprint): number => (100 * state.attempts.failed) / Math.max(1, state.attempts.ended);

function timesIn(sprint: Sprint, condition: Condition): number[] {
  if ('all' in condition) return condition.all.flatMap((part) => timesIn(sprint, part));
  if ('any' in condition) return condition.any.flatMap((part) => timesIn(sprint, part));
  if ('afterMs' in condition) return [sprint.state.startedAt + condition.afterMs];
  if ('at' in condition) return [Date.parse(condition.at)];
  return [];
}

/** A condition in words, for the decision log. */
export function describeCondition(condition: Condition): string {
  if ('all' in condition) return condition.all.map(describeCondition).join(' and ');
  if ('any' in condition) return `(${condition.any.map(describeCondition).join(' or ')})`;
  if ('checkpoint' in condition) return `checkpoint "${condition.checkpoint}" passed`;
  if ('metric' in condition) {
    return condition.above === undefined ? `${condition.metric} below ${condition.below}` : `${condition.metric} above ${condition.above}`;
  }
  if ('afterMs' in condition) return `${condition.afterMs / 1000} s after the sprint's start`;
  if ('at' in condition) return `time is ${condition.at}`;
  if ('deliverable' in condition) return `"${condition.deliverable}" of "${condition.of}" is there`;
  return `task "${condition.task}" ${condition.reached}`;
}
