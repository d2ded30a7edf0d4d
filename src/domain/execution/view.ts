import { mergeReadiness } from './amendments/additions.ts';
import { answerersOf } from '../answerers.ts';
import type { AgentStatus } from '../agent-status.ts';
import { sumUsage } from '../budget.ts';
import { clip } from '../clip.ts';
import { sprintWorkflowId } from '../ids.ts';
import { toIso } from '../iso-time.ts';
import { takeLastWithin, takeWithin } from '../json-size.ts';
import { addMessagesViews } from '../sprint/mail-view.ts';
import { toListedTask } from '../listed-task.ts';
import { toPage } from '../page.ts';
import type {
  AlertView,
  AuthorizationView,
  CoordinationView,
  EmergencyView,
  InboxItem,
  MessagesView,
  Page,
  SprintSummaryView,
  StatusView,
  TaskCounts,
  TaskView,
} from '../views.ts';
import { toAgents } from './agents.ts';
import { toAgentUsages, toBudgets } from './budgets.ts';
import { toBreakdownViews } from './breakdown-state.ts';
import { forecastCompletion, toPercentage } from './forecast.ts';
import { allItems } from './inbox.ts';
import { countDrained } from './sprints.ts';
import { tasksOf } from './standings.ts';
import type { Prepared } from '../prepared.ts';
import { isExecutionFinal, type ExecutionState, type SprintStanding } from './state.ts';
import { awaitedTasks, plannedTasks, toTaskView } from './task-views.ts';

const MAX_AGENTS_SHOWN = 200;
/** A query's answer must stay below 2 MiB, and the last status goes into an activity with the report. */
const MAX_BYTES = {
  sprints: 384 * 1024,
  agents: 64 * 1024,
  alerts: 32 * 1024,
  inbox: 128 * 1024,
  checkpoints: 32 * 1024,
  leases: 32 * 1024,
  inactive: 16 * 1024,
  readiness: 128 * 1024,
  budgets: 64 * 1024,
  revisions: 128 * 1024,
  emergencies: 48 * 1024,
} as const;
const MAX_NAME = 500;
const NO_TASKS: TaskCounts = { total: 0, waiting: 0, running: 0, blocked: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 };

/** Answer of the query `inbox`. */
export const toInboxView = (state: ExecutionState): InboxItem[] => takeWithin(allItems(state), MAX_BYTES.inbox);

/** Answer of the query `alerts`. */
export const toAlertsView = ({ alerts, sprints }: ExecutionState): AlertView[] =>
  takeLastWithin([...alerts, ...sprints.flatMap(({ progress }) => progress?.alerts ?? [])], MAX_BYTES.alerts);

/** Answer of the query `status`. */
export function toStatusView(state: ExecutionState): StatusView {
  const sprints = state.sprints.map((sprint) => toSprintSummary(state, sprint));
  const budgets = takeWithin(toBudgets(state), MAX_BYTES.budgets);
  const usages = toAgentUsages(state);
  return {
    executionId: state.executionId,
    project: clip(state.prepared?.resolved.plan.project.name ?? '', MAX_NAME) || null,
    phase: state.phase,
    reason: state.reason,
    planHash: state.prepared?.planHash ?? null,
    progressPercentage: toPercentage(state),
    forecastCompletion: forecastCompletion(state),
    sprints: takeWithin(sprints, MAX_BYTES.sprints),
    tasks: sprints.reduce((sum, { tasks }) => addCounts(sum, tasks), NO_TASKS),
    agents: takeWithin(toAgents(state).slice(0, MAX_AGENTS_SHOWN), MAX_BYTES.agents),
    alerts: toAlertsView(state),
    inbox: toInboxView(state),
    coordination: toCoordination(state),
    ...(budgets.length === 0 ? {} : { budgets }),
    ...(usages.length === 0 ? {} : { usage: sumUsage(usages) }),
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

function toCoordination(state: ExecutionState): CoordinationView {
  const told = state.sprints.flatMap(({ progress }) => (progress ? [progress.coordination] : []));
  const messages = toMessages(state);
  const emergencies = toEmergencies(state);
  return {
    checkpoints: takeWithin(
      told.flatMap(({ checkpoints }) => checkpoints),
      MAX_BYTES.checkpoints,
    ),
    leases: takeWithin(
      told.flatMap(({ leases }) => leases),
      MAX_BYTES.leases,
    ),
    inactiveAgents: takeWithin([...new Set(told.flatMap(({ inactiveAgents }) => inactiveAgents))], MAX_BYTES.inactive),
    drained: countDrained(state),
    ...(messages === null ? {} : { messages }),
    ...(emergencies.length === 0 ? {} : { emergencies: takeWithin(emergencies, MAX_BYTES.emergencies) }),
  };
}

/** Of the execution itself and of all sprints: what is under way first. */
export const toEmergencies = (state: ExecutionState): EmergencyView[] =>
  [...toBreakdownViews(state), ...state.sprints.flatMap(({ progress }) => progress?.coordination.emergencies ?? [])].toSorted(
    (a, b) => Number(a.endedAt !== null) - Number(b.endedAt !== null),
  );

/** Of all sprints together; null when there have been none. */
export const toMessages = (state: ExecutionState): MessagesView | null =>
  addMessagesViews(state.sprints.flatMap(({ progress }) => progress?.coordination.messages ?? []));

/** Answer of the query `authorization`. */
export function toAuthorizationView(state: ExecutionState): AuthorizationView {
  const { authorization, prepared, phase } = state;
  const { policy, rejection, refusals, granted, documented } = authorization;
  const { pending = null, revisions } = state.amendments ?? {};
  const { approvals, expiresAtMs } = pending ?? authorization;
  return {
    phase,
    planHash: pending?.revision.planHash ?? prepared?.planHash ?? null,
    required: policy?.required ?? 1,
    approvers: answerersOf(state.authorization.policy),
    approvals,
    rejection,
    refusals,
    expiresAt: expiresAtMs === null ? null : toIso(expiresAtMs),
    review: pending?.review ?? prepared?.review ?? null,
    readiness: takeWithin(mergeReadiness(prepared?.readiness ?? [], pending?.revision.readiness), MAX_BYTES.readiness),
    checklist: {
      planReviewed: granted,
      explicitPermission: granted,
      documented,
      emergencyStopActive: prepared !== null && prepared.readiness.every(({ ok }) => ok),
    },
    report: state.report,
    ...(revisions ? { revisions: takeLastWithin(revisions, MAX_BYTES.revisions), inForce: (prepared as Prepared).planHash } : {}),
  };
}

/** Page of the query `tasks`: tasks of the plan in its order with what their sprints have told. */
export function toTaskPage(state: ExecutionState, raw: unknown): Page<TaskView> {
  const tasks = plannedTasks(state);
  const awaited = awaitedTasks(state);
  return toPage(tasks.length + awaited.length, raw, (position) => {
    const planned = tasks[position];
    return toListedTask(planned ? toTaskView(state, planned) : (awaited[position - tasks.length] as TaskView));
  });
}

export function toAgentPage(state: ExecutionState, raw: unknown): Page<AgentStatus> {
  const agents = toAgents(state);
  return toPage(agents.length, raw, (position) => agents[position] as AgentStatus);
}
