import { PRIORITY_RANK } from '../plan/plan.ts';
import type { ReallocationPolicy } from '../reallocation/policy.ts';
import { candidatesOf, hasFreeAgent, isFree } from './allocation.ts';
import { remainingOfAttempt } from './forecast.ts';
import { movesOf, openMove } from './moves.ts';
import { startReallocation } from './reallocations.ts';
import { isAtWork, type TaskRun } from './state.ts';
import { agentOfTask, agentProfile, agentRun, taskRun, taskSpec, type Turn } from './turn.ts';
import { putBackAttempt } from './withdrawal.ts';

/** Between two looks for overloaded agents, with whatever event comes then: each goes through all tasks. */
const LOOK_EVERY_MS = 1_000;

/** An attempt that is as good as done is left alone. */
const LEAST_REMAINING_SHARE = 0.25;

/**
 * Looks for tasks that are ready while nobody who could do them is free: for an urgent one the least urgent attempt of such an agent gives
 * way; otherwise an agent that holds others up is relieved of what another one, who is idle, could do.
 */
export function watchQueues(turn: Turn): void {
  const { state, definition } = turn;
  const { reallocation: policy } = definition;
  if (!policy || state.phase !== 'running') return;
  const isUrgentOn = policy.on.includes('urgent');
  const isLoadDue = policy.on.includes('overloaded') && state.now >= (state.queuesSeenAt ?? 0) + LOOK_EVERY_MS;
  if (!isUrgentOn && !isLoadDue) return;
  for (const [group, [head]] of state.ready.entries()) {
    if (head === undefined || hasFreeAgent(turn, group)) continue;
    if (isUrgentOn && taskRun(turn, head).priority === 'urgent') preempt(turn, head, policy);
    else if (isLoadDue) {
      state.queuesSeenAt = state.now;
      relieve(turn, head, policy);
    }
  }
}

/** Attempts of those who could do the task, except those of people. */
function attemptsInTheWay(turn: Turn, head: number): [number, TaskRun][] {
  const candidates = new Set(candidatesOf(turn, head));
  return [...turn.state.tasks.entries()].filter(
    ([task, run]) => isAtWork(run.state) && candidates.has(run.agent as number) && agentOfTask(turn, task).kind !== 'human',
  );
}

/** Moves the least urgent attempt, of those the latest one, to an idle agent, or puts it back until one is free. */
function preempt(turn: Turn, head: number, policy: ReallocationPolicy): void {
  const running = attemptsInTheWay(turn, head);
  // One at a time: who gives way already makes room.
  if (running.some(([, run]) => run.withdrawn !== undefined || openMove(turn, run)?.trigger === 'urgent')) return;
  const victims = running
    .filter(([, run]) => run.priority !== 'urgent' && !openMove(turn, run) && (run.moves?.count ?? 0) < policy.limit)
    .toSorted(
      ([a, left], [b, right]) =>
        PRIORITY_RANK[right.priority] - PRIORITY_RANK[left.priority] ||
        (right.startedAt as number) - (left.startedAt as number) ||
        a - b,
    );
  const [victim] = victims[0] ?? [];
  if (victim === undefined) return;
  const { id, title } = taskSpec(turn, head);
  const text = `the urgent task "${title}" needs its agent`;
  const evidence = { urgent: id, priority: taskRun(turn, victim).priority };
  if (hasIdleOther(turn, victim) && startReallocation(turn, victim, { trigger: 'urgent', text, evidence })) return;
  const moves = movesOf(taskRun(turn, victim));
  moves.count += 1;
  moves.lastAt = turn.state.now;
  putBackAttempt(turn, victim, `put back: ${text}`);
}

/** The task would wait longer than it may: whoever it waits for hands something over that somebody idle could do. */
function relieve(turn: Turn, head: number, { factor }: ReallocationPolicy): void {
  const { now } = turn.state;
  const running = attemptsInTheWay(turn, head);
  if (running.some(([, run]) => run.withdrawn !== undefined || openMove(turn, run))) return;
  const waitMs = Math.min(...running.map(([, run]) => remainingOfAttempt(run, now)));
  const estimateMs = turn.index.estimateMs[head] as number;
  if (running.length === 0 || waitMs + estimateMs < factor * estimateMs) return;
  const [candidate] = running
    .filter(([task, run]) => {
      const left = remainingOfAttempt(run, now) / Math.max(1, turn.index.estimateMs[task] as number);
      return left >= LEAST_REMAINING_SHARE && hasIdleOther(turn, task);
    })
    .toSorted(([a, left], [b, right]) => remainingOfAttempt(right, now) - remainingOfAttempt(left, now) || a - b);
  if (!candidate) return;
  const [task, run] = candidate;
  const { busy, capacity } = agentRun(turn, run.agent as number);
  const { id, title } = taskSpec(turn, head);
  startReallocation(turn, task, {
    trigger: 'overloaded',
    text: `"${title}" waits for ${agentProfile(turn, run.agent as number).id}, another ${Math.ceil(waitMs / 1_000)} s by the forecast`,
    evidence: { waiting: id, waitMs: Math.round(waitMs), busy, capacity },
  });
}

const hasIdleOther = (turn: Turn, task: number): boolean =>
  candidatesOf(turn, task).some((agent) => agent !== taskRun(turn, task).agent && isFree(agentRun(turn, agent)));
