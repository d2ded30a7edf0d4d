import type { AgentStatus } from '../agent-status.ts';
import type { AgentAvailability } from '../messages.ts';
import { startReallocation } from './reallocations.ts';
import { estimateOf } from '../plan/plan.ts';
import { isAtWork } from './state.ts';
import { addTimer } from './timers.ts';
import { agentRun, taskRun, taskSpec, toIso, type Turn } from './turn.ts';

/** An attempt is expected to take `factor` times its estimate: where that is too much, the task was more complex than estimated. */
export function onForecast(turn: Turn, task: number, factor: number): void {
  const policy = turn.definition.reallocation;
  if (!policy || factor <= policy.factor) return;
  const { expectedAt, status } = taskRun(turn, task);
  startReallocation(turn, task, {
    trigger: 'complex',
    text: `expected at ${toIso(expectedAt as number)}, ${factor.toFixed(1)} times its estimate`,
    evidence: {
      factor: Math.round(factor * 100) / 100,
      estimateMs: estimateOf(taskSpec(turn, task)),
      progress: (status as AgentStatus).progress_percentage,
    },
  });
}

/** An attempt has become blocked, or is not any more. */
export function onBlocked(turn: Turn, task: number, isBlocked: boolean): void {
  const policy = turn.definition.reallocation;
  const run = taskRun(turn, task);
  if (!isBlocked) delete run.blockedUntil;
  if (!isBlocked || !policy?.on.includes('blocked')) return;
  run.blockedUntil = turn.state.now + policy.blockedForMs;
  addTimer(turn.state, { at: run.blockedUntil, kind: 'blocked', ref: task });
}

/** One that waits for the answer to a question is not helped by another agent, and has a deadline of its own. */
export function blockIsDue(turn: Turn, task: number): void {
  const run = taskRun(turn, task);
  delete run.blockedUntil;
  const { id } = taskSpec(turn, task);
  if (Object.values(turn.state.inbox).some((item) => item.kind === 'question' && item.task === id)) return;
  const { blocking_issues: issues, progress_percentage: progress } = run.status as AgentStatus;
  startReallocation(turn, task, {
    trigger: 'blocked',
    text: `blocked: ${run.reason}`,
    evidence: { issues, progress },
  });
}

/** An agent that is away cannot go on; one that can do less at a time has more than that to do: what it began last is moved. */
export function onAvailability(turn: Turn, agent: number, { available, agent_id, reason }: AgentAvailability): void {
  if (!turn.definition.reallocation) return;
  const { busy, capacity } = agentRun(turn, agent);
  const surplus = available ? busy - capacity : busy;
  if (surplus <= 0) return;
  const why = reason ? `: ${reason}` : '';
  const mine = [...turn.state.tasks.entries()]
    .filter(([, run]) => run.agent === agent && isAtWork(run.state))
    .toSorted(([a, left], [b, right]) => (right.startedAt as number) - (left.startedAt as number) || b - a)
    .slice(0, surplus);
  for (const [task] of mine) {
    const cause = available
      ? ({ trigger: 'overloaded', text: `it has ${busy} tasks and can do ${capacity} at a time${why}` } as const)
      : ({ trigger: 'unavailable', text: `it is unavailable${why}` } as const);
    startReallocation(turn, task, { ...cause, evidence: { agent_id, busy, capacity, available } });
  }
}
