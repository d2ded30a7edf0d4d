import type { AgentStatus, StatusReport } from '../agent-status.ts';
import { toStatus } from './agent-statuses.ts';
import { takeUsage } from './budget-holds.ts';
import { isPaused } from './budget-questions.ts';
import { onProgress } from './conflict-reports.ts';
import { noteReport } from './emergency-notes.ts';
import { openQuestion } from './inbox.ts';
import { onBlocked } from './reallocation-triggers.ts';
import { takeSigns } from './reallocations.ts';
import { expectEnd } from './slips.ts';
import { isAtWork } from './state.ts';
import { agentOfTask, agentRun, decide, taskRun, taskSpec, type Turn } from './turn.ts';

/**
 * Takes in reports of running attempts; those of attempts that are over, and of agents nobody knows, change nothing. The parent
 * hears at once of what is blocked or asked, of the rest with its next routine report.
 */
export function takeReports(turn: Turn, reports: readonly StatusReport[]): void {
  for (const report of reports) {
    const task = report.task_id === undefined ? undefined : turn.index.taskNumber.get(report.task_id);
    if (task !== undefined) takeAttemptReport(turn, task, report);
    else takeAgentReport(turn, report);
  }
}

function takeAttemptReport(turn: Turn, task: number, report: StatusReport): void {
  const run = taskRun(turn, task);
  if (!isAtWork(run.state) || run.attempt !== report.attempt || agentOfTask(turn, task).id !== report.agent_id) return;
  const status = isPaused(turn, task) ? toPausedStatus(report, run.status as AgentStatus) : toStatus(report);
  if (turn.definition.mediation) onProgress(turn, task, run.status, status);
  run.status = status;
  agentRun(turn, run.agent as number).last = status;
  turn.news ??= 'routine';
  const isBlocked = status.status === 'blocked';
  if (isBlocked !== (run.state === 'blocked')) turn.news = 'urgent';
  const issues = status.blocking_issues.join('; ') || 'no reason given';
  if (isBlocked && run.state === 'running') {
    const { id } = taskSpec(turn, task);
    decide(turn, 'taskBlocked', `${report.agent_id} is blocked in "${id}": ${issues}`, { task: id, agent_id: report.agent_id });
  }
  if (isBlocked !== (run.state === 'blocked')) onBlocked(turn, task, isBlocked);
  run.state = isBlocked ? 'blocked' : 'running';
  run.reason = isBlocked ? issues : null;
  if (status.estimated_completion !== null) expectEnd(turn, task, Date.parse(status.estimated_completion));
  if (report.question) openQuestion(turn, task, report.question);
  takeUsage(turn, task, report.usage);
  if (run.moves) takeSigns(turn, task, report);
  if (turn.state.emergencies || report.silent) noteReport(turn, task, report.silent);
}

/** A budget has paused the attempt, which its worker may not know yet. */
const toPausedStatus = (report: StatusReport, shown: AgentStatus): AgentStatus => ({
  ...toStatus(report),
  status: 'blocked',
  blocking_issues: shown.blocking_issues,
});

/** An agent outside our workers speaks for itself as a whole. */
function takeAgentReport(turn: Turn, report: StatusReport): void {
  const agent = turn.index.agentNumber.get(report.agent_id);
  if (agent === undefined) return;
  agentRun(turn, agent).last = toStatus(report);
  turn.news ??= 'routine';
}
