import { clip } from '../clip.ts';
import { toIso } from '../iso-time.ts';
import { takeWithin } from '../json-size.ts';
import type {
  AgentUsage,
  BudgetView,
  DecisionView,
  EmergencyView,
  ExecutionResult,
  MessagesView,
  StatusView,
  TaskView,
} from '../views.ts';
import type { Usage } from '../budget.ts';
import { toBudgetReport } from './budgets.ts';
import { fitDecisions, fitTasks, type ReportTask } from './report-fit.ts';
import type { RevisionView } from './amendments/revision.ts';
import type { ExecutionState } from './state.ts';
import { toEmergencies, toMessages, toStatusView } from './view.ts';
import { plannedTasks, toTaskView } from './task-views.ts';

/** What `report.json` holds, beside which `report.md` says the same for people. */
export interface ExecutionReport {
  readonly executionId: string;
  readonly project: string | null;
  readonly phase: string;
  readonly reason: string | null;
  readonly planHash: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** As planned; null when the plan gives none. */
  readonly timeline: { readonly start: string | null; readonly end: string | null } | null;
  readonly objectives: readonly { readonly id: string; readonly text: string }[];
  readonly authorizations: readonly {
    readonly by: string;
    readonly at: string;
    readonly decision: string;
    readonly note: string | null;
    readonly signed: boolean;
  }[];
  readonly refusals: ExecutionState['authorization']['refusals'];
  /** Amendments of the plan, newest last; absent when there was none. */
  readonly revisions?: readonly RevisionView[];
  readonly readiness: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
  readonly sprints: readonly { readonly id: string; readonly phase: string; readonly plannedMs: number | null }[];
  readonly tasks: readonly ReportTask[];
  /** Of all tasks, those that are not listed included. */
  readonly totals: { readonly tasks: number; readonly done: number; readonly plannedMs: number; readonly actualMs: number };
  /** Messages between agents, how many there were for each task; absent when there were none. */
  readonly messages?: MessagesView & { readonly perTask: number };
  /** What failed around the work and what was done about it, the last 20 of each sprint; absent when nothing did. */
  readonly emergencies?: readonly EmergencyView[];
  /** By what agents say, of all tasks and of each agent and sprint; absent when they said nothing. */
  readonly usage?: Usage & {
    readonly agents: readonly AgentUsage[];
    readonly sprints: readonly (Usage & { readonly id: string })[];
  };
  /** Of plan, sprints and agents; absent without budgets. */
  readonly budgets?: readonly BudgetView[];
  /** What people have added to budgets, the last 20 of each sprint; absent when nobody has. */
  readonly topUps?: readonly DecisionView[];
  /** The newest 500; all of them are in `ledger.jsonl`. */
  readonly decisions: readonly DecisionView[];
  /** What was left out because it would not fit, in sentences; empty when the report is whole. */
  readonly omitted: readonly string[];
}

/** Bytes of JSON that each list may take. */
interface Bounds {
  readonly objectives: number;
  readonly readiness: number;
  readonly sprints: number;
  readonly tasks: number;
  readonly decisions: number;
}

/** Of the answer to a query: below 1 MiB together. */
const ANSWER: Bounds = {
  objectives: 32 * 1024,
  readiness: 48 * 1024,
  sprints: 96 * 1024,
  tasks: 600 * 1024,
  decisions: 128 * 1024,
};
/** The report as it is written travels packed: it holds everything. */
const WRITTEN: Bounds = {
  objectives: Infinity,
  readiness: Infinity,
  sprints: Infinity,
  tasks: Infinity,
  decisions: Infinity,
};
const MAX_OBJECTIVE = 2_000;
const MAX_DETAIL = 500;

/** The report as it stands, as much of it as a query may answer. */
export const toReport = (state: ExecutionState): ExecutionReport => toBoundedReport(state, ANSWER);

function toBoundedReport(state: ExecutionState, bounds: Bounds): ExecutionReport {
  const plan = state.prepared?.resolved.plan;
  const all = plannedTasks(state).map((planned) => toTaskView(state, planned));
  const tasks = fitTasks(all, bounds.tasks);
  const decisions = fitDecisions(state.decisions, bounds.decisions);
  const readiness = (state.prepared?.readiness ?? []).map((item) => ({ ...item, detail: clip(item.detail, MAX_DETAIL) }));
  const objectives = (plan?.objectives ?? []).map(({ id, text }) => ({ id, text: clip(text, MAX_OBJECTIVE) }));
  const messages = toMessages(state);
  const emergencies = toEmergencies(state);
  const sprintPlans = new Map(plan?.sprints.map((sprint) => [sprint.id, sprint]));
  return {
    executionId: state.executionId,
    project: plan ? clip(plan.project.name, MAX_DETAIL) : null,
    phase: state.phase,
    reason: state.reason,
    planHash: state.prepared?.planHash ?? null,
    startedAt: toIso(state.startedAt),
    endedAt: state.endedAt === null ? null : toIso(state.endedAt),
    timeline: plan?.project.timeline ?? null,
    objectives: takeWithin(objectives, bounds.objectives),
    authorizations: toAuthorizations(state),
    refusals: state.authorization.refusals,
    ...(state.amendments ? { revisions: state.amendments.revisions } : {}),
    readiness: takeWithin(readiness, bounds.readiness),
    sprints: takeWithin(
      state.sprints.map(({ id, progress, state: standing }) => ({
        id,
        phase: progress?.phase ?? standing,
        plannedMs: sprintPlans.get(id)?.durationMs ?? null,
      })),
      bounds.sprints,
    ),
    tasks: tasks.kept,
    totals: toTotals(all),
    ...(messages === null ? {} : { messages: { ...messages, perTask: Math.round((100 * messages.sent) / all.length) / 100 } }),
    ...(emergencies.length === 0 ? {} : { emergencies }),
    ...toBudgetReport(state),
    decisions: decisions.kept,
    omitted: [...tasks.omitted, ...decisions.omitted],
  };
}

function toAuthorizations({ authorization: { approvals, rejection } }: ExecutionState): ExecutionReport['authorizations'] {
  const approved = approvals.map(({ note, ...approval }) => ({
    ...approval,
    note: note === null ? null : clip(note, MAX_DETAIL),
    decision: 'approve',
  }));
  if (!rejection?.by) return approved;
  return [
    ...approved,
    { by: rejection.by, at: rejection.at, decision: 'reject', note: clip(rejection.reason, MAX_DETAIL), signed: false },
  ];
}

function toTotals(tasks: readonly TaskView[]): ExecutionReport['totals'] {
  return {
    tasks: tasks.length,
    done: tasks.filter((task) => task.state === 'done').length,
    plannedMs: tasks.reduce((sum, { plannedMs }) => sum + (plannedMs ?? 0), 0),
    actualMs: tasks.reduce((sum, { actualMs }) => sum + (actualMs ?? 0), 0),
  };
}

/** What the activity `writeReport` takes when the execution has ended. */
export function toClosingDocuments(state: ExecutionState): { json: ExecutionReport; status: StatusView } {
  return { json: toBoundedReport(state, WRITTEN), status: toStatusView(state) };
}

export function toResult(state: ExecutionState): ExecutionResult {
  const { done, tasks } = toTotals(plannedTasks(state).map((planned) => toTaskView(state, planned)));
  const summary = `${state.phase}: ${done} of ${tasks} tasks done${state.reason ? ` (${state.reason})` : ''}`;
  return {
    executionId: state.executionId,
    phase: state.phase,
    planHash: state.prepared?.planHash ?? null,
    report: state.report,
    summary,
  };
}
