import type { StatusReport } from '../agent-status.ts';
import { toStatus } from './agent-statuses.ts';
import { openQuestion } from './inbox.ts';
import { estimateOf } from './sprint-index.ts';
import { isAtWork } from './state.ts';
import { alert, decide, taskRun, toIso, type Turn } from './turn.ts';

/** A task expected to take more than this times its estimate has slipped: a timeline alert, never a stop. */
const SLIP_FACTOR = 1.5;

/** Takes in reports of running attempts; those of attempts that are over, and of agents nobody knows, change nothing. */
export function takeReports(turn: Turn, reports: readonly StatusReport[]): void {
  for (const report of reports) {
    const task = report.task_id === undefined ? undefined : turn.index.taskNumber.get(report.task_id);
    if (task !== undefined) takeAttemptReport(turn, task, report);
    else takeAgentReport(turn, report);
  }
  turn.news = 'urgent';
}

function takeAttemptReport(turn: Turn, task: number, report: StatusReport): void {
  const run = taskRun(turn, task);
  if (!isAtWork(run.state) || run.attempt !== report.attempt) return;
  const status = toStatus(report);
  run.status = status;
  (turn.state.agents[run.agent as number] as (typeof turn.state.agents)[number]).last = status;
  const isBlocked = status.status === 'blocked';
  if (isBlocked && run.state === 'running') {
    decide(turn, 'taskBlocked', `${report.agent_id} is blocked in "${report.task_id}": ${status.blocking_issues.join('; ') || 'no reason given'}`, {
      task: report.task_id ?? '',
      agent_id: report.agent_id,
      blocking_issues: status.blocking_issues,
    });
  }
  run.state = isBlocked ? 'blocked' : 'running';
  run.reason = isBlocked ? status.blocking_issues.join('; ') : null;
  expectEnd(turn, task, Date.parse(status.estimated_completion ?? ''));
  if (report.question) openQuestion(turn, task, report.question);
}

/** An agent outside our workers speaks for itself as a whole. */
function takeAgentReport(turn: Turn, report: StatusReport): void {
  const agent = turn.state.agents[turn.index.agentNumber.get(report.agent_id) ?? -1];
  if (agent) agent.last = toStatus(report);
}

function expectEnd(turn: Turn, task: number, expectedAt: number): void {
  const run = taskRun(turn, task);
  if (!Number.isFinite(expectedAt) || run.startedAt === null) return;
  run.expectedAt = Math.max(expectedAt, turn.state.now);
  const spec = turn.index.tasks[task] as (typeof turn.index.tasks)[number];
  const factor = (run.expectedAt - run.startedAt) / estimateOf(spec);
  if (run.slipped || factor <= SLIP_FACTOR) return;
  run.slipped = true;
  const text = `"${spec.title}" is expected at ${toIso(run.expectedAt)}, ${factor.toFixed(1)} times its estimate`;
  alert(turn, 'timeline', `slip/${spec.id}`, text);
  decide(turn, 'forecastSlipped', text, { task: spec.id, attempt: run.attempt });
}
