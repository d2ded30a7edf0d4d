import type { PerformTaskInput } from '../attempt.ts';
import { leasesOf } from './leases.ts';
import { estimateOf } from './sprint-index.ts';
import { isAtWork } from './state.ts';
import { taskRun, toIso, type Sprint } from './turn.ts';

/** Builds the request of the task's current attempt. */
export function toPerformTaskInput(sprint: Sprint, number: number): PerformTaskInput {
  const { definition, index, state } = sprint;
  const run = taskRun(sprint, number);
  const task = index.tasks[number] as (typeof index.tasks)[number];
  const agent = index.agents[run.agent as number] as (typeof index.agents)[number];
  return {
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
      estimateMs: estimateOf(task),
      priority: run.priority,
      checks: task.checks,
    },
    deadline: task.budget.timeMs === null ? null : toIso(state.now + task.budget.timeMs),
    stallAfterMs: task.stallAfterMs ?? agent.stallAfterMs,
    leases: leasesOf(sprint, number),
    inputs: task.dependsOn.flatMap(({ task: before }) =>
      deliverablesOf(sprint, before).map((deliverable) => ({ task: before, deliverable })),
    ),
    feedback: run.feedback,
    digestOfOthers: describeOthers(sprint, number),
    nextCoordinationPoint: nextCheckpointAt(sprint, run.agent as number),
  };
}

function deliverablesOf({ definition, index, state }: Sprint, task: string) {
  const number = index.taskNumber.get(task);
  if (number !== undefined) return state.tasks[number]?.deliverables ?? [];
  return definition.delivered.find((earlier) => earlier.task === task)?.deliverables ?? [];
}

const MAX_OTHERS = 10;

/** Who does what now, at most ten lines of at most 160 characters. */
function describeOthers({ index, state }: Sprint, number: number): string {
  const lines: string[] = [];
  if (state.running > 1) {
    for (const [agentNumber, agent] of state.agents.entries()) {
      if (lines.length === MAX_OTHERS) break;
      if (agent.busy === 0 || agentNumber === state.tasks[number]?.agent) continue;
      const last = agent.last?.current_task;
      lines.push(`${index.agents[agentNumber]?.id}: ${last ?? `${agent.busy} task(s)`}`.slice(0, 160));
    }
  }
  return lines.join('\n');
}

/** When the agent's next checkpoint is expected by the estimates; ISO 8601, null when none is ahead. */
export function nextCheckpointAt({ definition, index, state }: Sprint, agent: number): string | null {
  const expected = (index.checkpointsOfAgent[agent] ?? []).flatMap((number) => {
    if (state.checkpoints[number]?.state === 'passed') return [];
    const after = definition.sprint.checkpoints[number]?.after ?? [];
    return Math.max(state.now, ...after.map((task) => expectedEndOf({ index, state }, task)));
  });
  return expected.length === 0 ? null : toIso(Math.min(...expected));
}

function expectedEndOf({ index, state }: Pick<Sprint, 'index' | 'state'>, task: string): number {
  const number = index.taskNumber.get(task) as number;
  const run = state.tasks[number];
  if (run?.endedAt) return run.endedAt;
  if (run?.expectedAt && isAtWork(run.state)) return run.expectedAt;
  return state.startedAt + (index.earliestFinishMs[number] ?? 0);
}
