import type { JsonObject } from '../plan/plan.ts';
import type { ExecutionResult, TaskView } from '../views.ts';
import type { ExecutionState } from './state.ts';
import { toUntoldTask } from './view.ts';
import { toIso } from './turn.ts';

/** What `report.json` holds, beside which `report.md` says the same for people. */
export interface ExecutionReport {
  readonly executionId: string;
  readonly project: string | null;
  readonly phase: string;
  readonly reason: string | null;
  readonly planHash: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly objectives: readonly { readonly id: string; readonly text: string }[];
  readonly authorizations: readonly { readonly by: string; readonly at: string; readonly decision: string; readonly note: string | null; readonly signed: boolean }[];
  readonly refusals: ExecutionState['authorization']['refusals'];
  readonly readiness: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
  readonly sprints: readonly { readonly id: string; readonly phase: string; readonly plannedMs: number | null }[];
  readonly tasks: readonly (Omit<TaskView, 'deliverables'> & { readonly deliverables: readonly JsonObject[] })[];
  readonly totals: { readonly tasks: number; readonly done: number; readonly plannedMs: number; readonly actualMs: number };
  /** The newest 500; all of them are in `ledger.jsonl`. */
  readonly decisions: ExecutionState['decisions'];
}

export function toReport(state: ExecutionState): ExecutionReport {
  const plan = state.prepared?.resolved.plan;
  const tasks = (plan?.sprints ?? []).flatMap((sprint) => sprint.tasks.map((task) => state.tasks[task.id] ?? toUntoldTask(state, task, sprint.id)));
  const { approvals, rejection, refusals } = state.authorization;
  return {
    executionId: state.executionId,
    project: plan?.project.name ?? null,
    phase: state.phase,
    reason: state.reason,
    planHash: state.prepared?.planHash ?? null,
    startedAt: toIso(state.startedAt),
    endedAt: state.endedAt === null ? null : toIso(state.endedAt),
    objectives: plan?.objectives ?? [],
    authorizations: [
      ...approvals.map((approval) => ({ ...approval, decision: 'approve' })),
      ...(rejection?.by ? [{ by: rejection.by, at: rejection.at, decision: 'reject', note: rejection.reason, signed: false }] : []),
    ],
    refusals,
    readiness: state.prepared?.readiness ?? [],
    sprints: state.sprints.map(({ id, progress, state: standing }) => ({
      id,
      phase: progress?.phase ?? standing,
      plannedMs: plan?.sprints.find((sprint) => sprint.id === id)?.durationMs ?? null,
    })),
    tasks: tasks.map((task) => ({ ...task, deliverables: task.deliverables.map((deliverable) => ({ ...deliverable })) })),
    totals: {
      tasks: tasks.length,
      done: tasks.filter((task) => task.state === 'done').length,
      plannedMs: sum(tasks.map(({ plannedMs }) => plannedMs ?? 0)),
      actualMs: sum(tasks.map(({ actualMs }) => actualMs ?? 0)),
    },
    decisions: state.decisions,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

export function toResult(state: ExecutionState): ExecutionResult {
  const { totals } = toReport(state);
  const summary = `${state.phase}: ${totals.done} of ${totals.tasks} tasks done${state.reason ? ` (${state.reason})` : ''}`;
  return { executionId: state.executionId, phase: state.phase, planHash: state.prepared?.planHash ?? null, report: state.report, summary };
}
