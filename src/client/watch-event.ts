import type { AgentStatus } from '../domain/agent-status.ts';
import type { AlertView, DecisionView, InboxItem, Phase, SprintSummaryView, TaskCounts } from '../domain/views.ts';
import type { StatusAnswer } from './status-answer.ts';

/** What changed between two looks at an execution; one JSON line each in `--json`. */
export type WatchEvent =
  | { readonly type: 'phase'; readonly executionId: string; readonly phase: Phase | null; readonly reason: string | null }
  | {
      readonly type: 'progress';
      readonly executionId: string;
      readonly progressPercentage: number;
      readonly forecastCompletion: string | null;
      readonly tasks: TaskCounts;
    }
  | { readonly type: 'sprint'; readonly executionId: string; readonly sprint: string; readonly phase: SprintSummaryView['phase'] }
  | { readonly type: 'agent'; readonly executionId: string; readonly agent: AgentStatus }
  | { readonly type: 'alert'; readonly executionId: string; readonly state: 'raised' | 'cleared'; readonly alert: AlertView }
  | { readonly type: 'inbox'; readonly executionId: string; readonly state: 'opened' | 'closed'; readonly item: InboxItem }
  | {
      readonly type: 'checkpoint';
      readonly executionId: string;
      readonly sprint: string;
      readonly checkpoint: string;
      readonly state: string;
    }
  | { readonly type: 'decision'; readonly executionId: string; readonly decision: DecisionView }
  /** Who answers from now on: the execution, or the server because no worker runs. */
  | {
      readonly type: 'source';
      readonly executionId: string;
      readonly source: 'workflow' | 'server';
      readonly why: string | null;
    };

/** Events between two answers in a fixed order: source, phase, sprints, checkpoints, agents, alerts, inbox, progress. */
export function changesBetween(before: StatusAnswer | null, after: StatusAnswer): readonly WatchEvent[] {
  return [
    ...sourceChange(before, after),
    ...phaseChange(before, after),
    ...agentChanges(before, after),
    ...detailChanges(before, after),
  ];
}

function sourceChange(before: StatusAnswer | null, after: StatusAnswer): readonly WatchEvent[] {
  const known = before?.source ?? 'workflow';
  if (known === after.source) return [];
  return [
    { type: 'source', executionId: after.executionId, source: after.source, why: after.source === 'server' ? after.why : null },
  ];
}

function phaseChange(before: StatusAnswer | null, after: StatusAnswer): readonly WatchEvent[] {
  if (before !== null && before.phase === after.phase && before.reason === after.reason) return [];
  return [{ type: 'phase', executionId: after.executionId, phase: after.phase, reason: after.reason }];
}

function agentChanges(before: StatusAnswer | null, after: StatusAnswer): readonly WatchEvent[] {
  const known = new Map((before?.agents ?? []).map((agent) => [agentKey(agent), JSON.stringify(agent)]));
  return after.agents
    .filter((agent) => known.get(agentKey(agent)) !== JSON.stringify(agent))
    .map((agent) => ({ type: 'agent', executionId: after.executionId, agent }));
}

/** An agent with capacity for several tasks has a status for each. */
const agentKey = (agent: AgentStatus): string => JSON.stringify([agent.agent_id, agent.current_task]);

function detailChanges(before: StatusAnswer | null, after: StatusAnswer): readonly WatchEvent[] {
  if (after.source !== 'workflow') return [];
  const old = before?.source === 'workflow' ? before : null;
  const { executionId } = after;
  const sprints = after.sprints
    .filter((sprint) => old?.sprints.find((known) => known.id === sprint.id)?.phase !== sprint.phase)
    .map((sprint): WatchEvent => ({ type: 'sprint', executionId, sprint: sprint.id, phase: sprint.phase }));
  const checkpoints = after.coordination.checkpoints
    .filter((point) => (findCheckpoint(old, point)?.state ?? 'ahead') !== point.state)
    .map((point): WatchEvent => ({
      type: 'checkpoint',
      executionId,
      sprint: point.sprint,
      checkpoint: point.id,
      state: point.state,
    }));
  const alerts = setChanges(old?.alerts ?? [], after.alerts, (alert) => alert.id).map(([state, alert]): WatchEvent => ({
    type: 'alert',
    executionId,
    state: state === 'added' ? 'raised' : 'cleared',
    alert,
  }));
  const inbox = setChanges(old?.inbox ?? [], after.inbox, (item) => item.itemId).map(([state, item]): WatchEvent => ({
    type: 'inbox',
    executionId,
    state: state === 'added' ? 'opened' : 'closed',
    item,
  }));
  return [...sprints, ...checkpoints, ...alerts, ...inbox, ...progressChange(old, after)];
}

type WorkflowAnswer = Extract<StatusAnswer, { source: 'workflow' }>;

function progressChange(old: WorkflowAnswer | null, after: WorkflowAnswer): readonly WatchEvent[] {
  const { executionId, progressPercentage, forecastCompletion, tasks } = after;
  if (tasks.total === 0) return [];
  const same = old?.progressPercentage === progressPercentage && JSON.stringify(old.tasks) === JSON.stringify(tasks);
  return same ? [] : [{ type: 'progress', executionId, progressPercentage, forecastCompletion, tasks }];
}

const findCheckpoint = (old: WorkflowAnswer | null, point: { readonly id: string; readonly sprint: string }) =>
  old?.coordination.checkpoints.find((known) => known.id === point.id && known.sprint === point.sprint);

function setChanges<T>(before: readonly T[], after: readonly T[], keyOf: (item: T) => string): readonly ['added' | 'gone', T][] {
  const old = new Set(before.map(keyOf));
  const now = new Set(after.map(keyOf));
  return [
    ...after.filter((item) => !old.has(keyOf(item))).map((item): ['added', T] => ['added', item]),
    ...before.filter((item) => !now.has(keyOf(item))).map((item): ['gone', T] => ['gone', item]),
  ];
}
