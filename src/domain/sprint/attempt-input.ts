import type { Deliverable, PerformTaskInput } from '../attempt.ts';
import { queueKey } from '../emergencies/emergency-keys.ts';
import { toAllowance } from './budget-views.ts';
import type { PerformEffect } from './events.ts';
import { describeOthers } from './digest.ts';
import { leasesOf } from './leases.ts';
import { messagesOf } from './mail-boxes.ts';
import { isAtWork } from './state.ts';
import { agentOfTask, taskRun, taskSpec, toIso, type Sprint } from './turn.ts';

/** To carry out the task's current attempt. */
export function toPerform(sprint: Sprint, number: number): PerformEffect {
  const { title, budget } = taskSpec(sprint, number);
  const { id, queue } = agentOfTask(sprint, number);
  const input = toPerformTaskInput(sprint, number);
  const budgetMs = input.allowance ? null : budget.timeMs;
  const { pickUpWithinMs: pickUpMs } = sprint.definition.supervision ?? {};
  const summary = `${id}: ${title}`;
  return { type: 'perform', input, queue, budgetMs, ...(pickUpMs === undefined ? {} : { pickUpMs }), summary };
}

/** Builds the request of the task's current attempt. */
function toPerformTaskInput(sprint: Sprint, number: number): PerformTaskInput {
  const { definition, state } = sprint;
  const run = taskRun(sprint, number);
  const task = taskSpec(sprint, number);
  const agent = agentOfTask(sprint, number);
  const { timeMs, ask } = task.budget;
  const input: Writable<PerformTaskInput> = {
    executionId: definition.executionId,
    ownerId: definition.ownerId,
    sprint: definition.sprint.id,
    agent: agent.id,
    digest: agent.digest,
    attempt: run.attempt,
    task: {
      id: task.id,
      title: task.title,
      description: task.description,
      input: task.input,
      deliverables: task.deliverables,
      estimateMs: sprint.index.estimateMs[number] as number,
      priority: run.priority,
      checks: task.checks.length === 0 ? [] : definition.checks.filter(({ id }) => task.checks.includes(id)),
    },
    // Where people are asked for more time, the sprint's clock says when it is up.
    deadline: timeMs === null || ask === true ? null : toIso(state.now + timeMs),
    stallAfterMs: task.stallAfterMs ?? agent.stallAfterMs,
    leases: leasesOf(sprint, number),
    inputs: inputsOf(sprint, number),
    feedback: run.feedback,
    digestOfOthers: describeOthers(sprint, number),
    nextCoordinationPoint: run.status?.next_coordination_point ?? null,
  };
  const messages = state.mail && messagesOf(state.mail, number, run.attempt);
  if (messages && messages.length > 0) input.messages = messages;
  const allowance = toAllowance(sprint, number);
  if (allowance !== null) input.allowance = { tokens: allowance.tokens, cost: allowance.cost };
  if (definition.reallocation) input.keepsHandover = true;
  if (run.moves?.handover) input.handover = run.moves.handover;
  if (state.emergencies?.open[queueKey(agent.queue)]) input.announce = true;
  const { silentForMs } = definition.supervision ?? {};
  if (silentForMs !== undefined && agent.input === 'stream') input.silentForMs = silentForMs;
  return input;
}

/** While it is being built. */
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What the tasks that it depends on have delivered: those of this sprint first. */
function inputsOf(sprint: Sprint, number: number): PerformTaskInput['inputs'] {
  const { definition, index } = sprint;
  const inputs: { task: string; deliverable: Deliverable }[] = [];
  const dependencies = index.dependencies[number] as readonly number[];
  for (const before of dependencies) {
    for (const deliverable of taskRun(sprint, before).deliverables) {
      inputs.push({ task: taskSpec(sprint, before).id, deliverable });
    }
  }
  const { dependsOn } = taskSpec(sprint, number);
  if (dependsOn.length === dependencies.length) return inputs;
  for (const { task, deliverables } of definition.delivered) {
    const isNeeded = dependsOn.some((before) => before.task === task);
    for (const deliverable of isNeeded ? deliverables : []) inputs.push({ task, deliverable });
  }
  return inputs;
}

/** When the agent's next checkpoint is expected by the estimates; ISO 8601, null when none is ahead. */
export function nextCheckpointAt(sprint: Sprint, agent: number): string | null {
  const { index, state } = sprint;
  const checkpoints = index.checkpointsOfAgent[agent] as readonly number[];
  if (checkpoints.length === 0) return null;
  const ahead = checkpoints.filter((number) => state.checkpoints[number]?.state !== 'passed');
  if (ahead.length === 0) return null;
  const expected = ahead.map((number) => {
    const after = index.checkpointTasks[number] as readonly number[];
    return after.reduce((latest, task) => Math.max(latest, expectedEndOf(sprint, task)), state.now);
  });
  return toIso(Math.min(...expected));
}

function expectedEndOf(sprint: Sprint, task: number): number {
  const { state, endedAt, expectedAt } = taskRun(sprint, task);
  if (endedAt !== null) return endedAt;
  if (isAtWork(state)) return expectedAt as number;
  return sprint.state.startedAt + (sprint.index.earliestFinishMs[task] as number);
}
