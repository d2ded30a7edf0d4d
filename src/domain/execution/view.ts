import { estimateOf } from '../sprint/sprint-index.ts';
import type { Task } from '../plan/plan.ts';
import { toPage } from '../page.ts';
import type { AgentStatus } from '../agent-status.ts';
import type { AuthorizationView, CoordinationView, Page, SprintSummaryView, StatusView, TaskCounts, TaskView } from '../views.ts';
import { sprintWorkflowId } from '../ids.ts';
import { allItems } from './commands.ts';
import { countDrained, standingOf } from './sprints.ts';
import { isExecutionFinal, type ExecutionState, type SprintStanding } from './state.ts';
import { toIso } from './turn.ts';

const MAX_AGENTS_SHOWN = 200;
const NO_TASKS: TaskCounts = { total: 0, waiting: 0, running: 0, blocked: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 };

/** Answer of the query `status`. */
export function toStatusView(state: ExecutionState): StatusView {
  const sprints = state.sprints.map((sprint) => toSprintSummary(state, sprint));
  return {
    executionId: state.executionId,
    project: state.prepared?.resolved.plan.project.name ?? null,
    phase: state.phase,
    reason: state.reason,
    planHash: state.prepared?.planHash ?? null,
    progressPercentage: toPercentage(state),
    forecastCompletion: forecastCompletion(state),
    sprints,
    tasks: sprints.reduce((sum, { tasks }) => addCounts(sum, tasks), NO_TASKS),
    agents: toAgents(state).slice(0, MAX_AGENTS_SHOWN),
    alerts: [...state.alerts, ...state.sprints.flatMap(({ progress }) => progress?.alerts ?? [])],
    inbox: allItems(state),
    coordination: toCoordination(state),
  };
}

function addCounts(a: TaskCounts, b: TaskCounts): TaskCounts {
  const keys = Object.keys(NO_TASKS) as (keyof TaskCounts)[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as unknown as TaskCounts;
}

function toSprintSummary(state: ExecutionState, { id, state: standing, progress }: SprintStanding): SprintSummaryView {
  const workflowId = standing === 'waiting' || standing === 'skipped' ? null : sprintWorkflowId(state.executionId, id);
  if (progress) {
    const { phase, progressPercentage, forecastCompletion: forecast, tasks } = progress;
    return { id, workflowId, phase, progressPercentage, forecastCompletion: forecast, tasks };
  }
  const total = tasksOf(state, id).length;
  const isOver = standing === 'skipped' || isExecutionFinal(state.phase);
  const tasks = { ...NO_TASKS, total, [isOver ? 'skipped' : 'waiting']: total };
  const phase = standing === 'started' ? 'running' : isOver ? 'cancelled' : 'waiting';
  return { id, workflowId, phase, progressPercentage: 0, forecastCompletion: null, tasks };
}

const tasksOf = (state: ExecutionState, sprintId: string): readonly Task[] =>
  state.prepared?.resolved.plan.sprints.find(({ id }) => id === sprintId)?.tasks ?? [];

function toPercentage(state: ExecutionState): number {
  let doneMs = 0;
  let totalMs = 0;
  for (const { id, progress } of state.sprints) {
    const workMs = tasksOf(state, id).reduce((sum, task) => sum + estimateOf(task), 0);
    totalMs += workMs;
    doneMs += (workMs * (progress?.progressPercentage ?? 0)) / 100;
  }
  return totalMs === 0 ? 0 : Math.floor((1000 * doneMs) / totalMs) / 10;
}

/** The longest chain of sprints: what started ends when it says, what waits takes as long as estimated. */
export function forecastCompletion(state: ExecutionState): string | null {
  if (!state.authorization.documented || isExecutionFinal(state.phase)) return null;
  const ends = new Map<string, number>();
  const endOf = (sprint: SprintStanding): number => {
    const known = ends.get(sprint.id);
    if (known !== undefined) return known;
    const forecast = Date.parse(sprint.progress?.forecastCompletion ?? '');
    const before = (state.prepared?.resolved.order ?? []).flatMap((edge) => (edge.after === sprint.id ? (standingOf(state, edge.before) ?? []) : []));
    const isOver = sprint.state === 'ended' || sprint.state === 'skipped';
    const start = Math.max(state.now, ...(isOver ? [] : before.map(endOf)));
    const end = isOver ? state.now : Number.isFinite(forecast) ? Math.max(state.now, forecast) : start + sprint.lengthMs;
    ends.set(sprint.id, end);
    return end;
  };
  return toIso(Math.max(state.now, ...state.sprints.map(endOf)));
}

/** Statuses of the sprints at work; before and between them, of the roster as it waits. */
function toAgents(state: ExecutionState): readonly AgentStatus[] {
  const told = state.sprints.filter((sprint) => sprint.state === 'started').flatMap(({ progress }) => progress?.agents ?? []);
  if (told.length > 0) return told;
  const last = new Map(state.sprints.flatMap(({ progress }) => progress?.agents ?? []).map((status) => [status.agent_id, status]));
  return (state.prepared?.resolved.agents ?? []).map(
    ({ id }) =>
      last.get(id) ?? {
        agent_id: id,
        status: isExecutionFinal(state.phase) ? 'completed' : 'blocked',
        current_task: null,
        progress_percentage: 0,
        estimated_completion: null,
        blocking_issues: isExecutionFinal(state.phase) ? [] : [state.authorization.documented ? 'waits for its sprint' : 'waits for authorization'],
        next_coordination_point: null,
        outputs_ready: [],
      },
  );
}

function toCoordination(state: ExecutionState): CoordinationView {
  const told = state.sprints.flatMap(({ progress }) => (progress ? [progress.coordination] : []));
  return {
    checkpoints: told.flatMap(({ checkpoints }) => checkpoints),
    leases: told.flatMap(({ leases }) => leases),
    inactiveAgents: [...new Set(told.flatMap(({ inactiveAgents }) => inactiveAgents))],
    drained: countDrained(state),
  };
}

/** Answer of the query `authorization`. */
export function toAuthorizationView(state: ExecutionState): AuthorizationView {
  const { authorization, prepared, phase } = state;
  const { policy, approvals, rejection, refusals, expiresAtMs, granted, documented } = authorization;
  return {
    phase,
    planHash: prepared?.planHash ?? null,
    required: policy?.required ?? 1,
    approvers: policy?.mode === 'named' ? policy.approvers : 'anyone',
    approvals,
    rejection,
    refusals,
    expiresAt: expiresAtMs === null ? null : toIso(expiresAtMs),
    review: prepared?.review ?? null,
    readiness: prepared?.readiness ?? [],
    checklist: {
      planReviewed: granted,
      explicitPermission: granted,
      documented,
      emergencyStopActive: prepared !== null && prepared.readiness.every(({ ok }) => ok),
    },
    report: state.report,
  };
}

/** Page of the query `tasks`: tasks of the plan in its order with what their sprints have told. */
export function toTaskPage(state: ExecutionState, raw: unknown): Page<TaskView> {
  const tasks = state.sprints.flatMap(({ id }) => tasksOf(state, id).map((task) => ({ task, sprint: id })));
  return toPage(tasks.length, raw, (position) => {
    const { task, sprint } = tasks[position] as (typeof tasks)[number];
    return state.tasks[task.id] ?? toUntoldTask(state, task, sprint);
  });
}

export const toAgentPage = (state: ExecutionState, raw: unknown): Page<AgentStatus> => {
  const agents = toAgents(state);
  return toPage(agents.length, raw, (position) => agents[position] as AgentStatus);
};

export function toUntoldTask(state: ExecutionState, task: Task, sprint: string): TaskView {
  const isOver = isExecutionFinal(state.phase) || standingOf(state, sprint)?.state === 'skipped';
  return {
    id: task.id,
    sprint,
    title: task.title,
    state: isOver ? 'skipped' : 'waiting',
    priority: task.priority,
    agent_id: task.agent,
    attempts: 0,
    startedAt: null,
    endedAt: null,
    plannedMs: task.estimateMs,
    actualMs: null,
    reason: isOver ? 'its sprint did not run' : null,
    deliverables: [],
  };
}
