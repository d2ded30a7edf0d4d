import type { StatusReport } from '../agent-status.ts';
import type { AttemptFailure } from '../attempt.ts';
import { clip } from '../clip.ts';
import type { JsonObject } from '../plan/plan.ts';
import type { HandoverSigns } from '../reallocation/handover.ts';
import type { ReallocationPolicy, ReallocationTrigger } from '../reallocation/policy.ts';
import { hasOtherCandidate, toCandidateFacts } from './candidate-facts.ts';
import { startWith } from './dispatch.ts';
import { remainingOfAttempt } from './forecast.ts';
import { movesOf, openMove, tellMove, withdrawMove, type OpenReallocation, type TaskMoves } from './moves.ts';
import { makeReady } from './parking.ts';
import { isAtWork } from './state.ts';
import { agentOfTask, agentProfile, alert, decide, taskRun, taskSpec, type Turn } from './turn.ts';

/** So many at a time; what comes beyond goes on as it would without. */
const MAX_OPEN = 50;

export interface ReallocationCause {
  readonly trigger: ReallocationTrigger;
  readonly text: string;
  readonly evidence: JsonObject;
}

/**
 * Has a task moved to another agent, if the plan wants that for such a cause, another one may have it, and it was not moved too often or just
 * now. One that is at work goes on until it is known who takes it over; one whose attempt is over waits for that. Answers whether it did.
 */
export function startReallocation(turn: Turn, task: number, cause: ReallocationCause): boolean {
  const { reallocation: policy } = turn.definition;
  if (!policy?.on.includes(cause.trigger) || !mayMove(turn, task, policy)) return false;
  const { state } = turn;
  const run = taskRun(turn, task);
  const moves = movesOf(run);
  const n = (state.procedures.reallocation += 1);
  const from = run.agent as number;
  const isOver = !isAtWork(run.state);
  const open: OpenReallocation = {
    n,
    task,
    trigger: cause.trigger,
    from,
    stage: 'choosing',
    to: null,
    signs: { acknowledged: false, moving: false },
    failure: null,
  };
  Object.assign(moves, { open: n, isHeld: isOver, count: moves.count + 1, lastAt: state.now });
  (state.reallocations ??= {})[n] = open;
  if (isOver) run.reason = HELD;
  begin(turn, open, cause, policy);
  return true;
}

/** Reason of a task whose reallocation decides when it goes on. */
const HELD = 'being reallocated';

function mayMove(turn: Turn, task: number, policy: ReallocationPolicy): boolean {
  const { state } = turn;
  const run = taskRun(turn, task);
  const { moves } = run;
  if (state.phase !== 'running' || run.isHeld || run.withdrawn !== undefined || openMove(turn, run)) return false;
  // An amendment says what it is next, and whose.
  if (state.pending?.[taskSpec(turn, task).id]) return false;
  if (moves && moves.count > 0 && state.now < moves.lastAt + policy.backoffMs * 2 ** (moves.count - 1)) return false;
  if (moves && moves.count >= policy.limit)
    return refuse(turn, task, `it has been moved ${moves.count} times, which is the limit`);
  if (Object.keys(state.reallocations ?? {}).length >= MAX_OPEN) return refuse(turn, task, `${MAX_OPEN} are under way`);
  if (!hasOtherCandidate(turn, task)) return refuse(turn, task, 'nobody else may do it who has not had it yet and is at hand');
  return true;
}

/** Said once per attempt. */
function refuse(turn: Turn, task: number, why: string): false {
  const { id, title } = taskSpec(turn, task);
  const run = taskRun(turn, task);
  const moves = movesOf(run);
  if (moves.refusedFor === run.attempt) return false;
  moves.refusedFor = run.attempt;
  decide(turn, 'reallocationRefused', `"${title}" is not reallocated: ${why}`, { task: id, attempt: run.attempt });
  return false;
}

function begin(turn: Turn, { n, task, from }: OpenReallocation, cause: ReallocationCause, policy: ReallocationPolicy): void {
  const { definition, index, state } = turn;
  const { id, title, skills } = taskSpec(turn, task);
  const run = taskRun(turn, task);
  const isOver = !isAtWork(run.state);
  const agent_id = agentProfile(turn, from).id;
  const text = clip(`${agent_id} in attempt ${run.attempt} of "${title}": ${cause.text}`, 1_000);
  const facts = { reallocation: n, task: id, attempt: run.attempt, agent_id, trigger: cause.trigger };
  alert(turn, 'performance', `reallocation/${n}`, text);
  decide(turn, 'reallocationStarted', text, facts, { ...facts, evidence: cause.evidence });
  turn.effects.push({
    type: 'startProcedure',
    kind: 'reallocation',
    n,
    summary: `${title}: ${cause.trigger}`,
    input: {
      executionId: definition.executionId,
      sprint: definition.sprint.id,
      task: {
        id,
        title,
        priority: run.priority,
        skills,
        remainingMs: isOver ? Math.max(1, index.estimateMs[task] as number) : remainingOfAttempt(run, state.now),
      },
      trigger: cause.trigger,
      text,
      evidence: cause.evidence,
      from: { agent_id, attempt: run.attempt },
      isOver,
      candidates: toCandidateFacts(turn, task),
      policy,
    },
  });
}

/** An attempt has ended without a result, and its slot and leases are free. Answers whether a reallocation says how the task goes on. */
export function goOnElsewhere(turn: Turn, task: number, failure: AttemptFailure): boolean {
  if (!turn.definition.reallocation || (turn.state.phase !== 'running' && turn.state.phase !== 'paused')) return false;
  const run = taskRun(turn, task);
  const open = openMove(turn, run);
  run.state = 'waiting';
  if (open) return goOnInMove(turn, open, failure);
  const trigger = failure.cause === 'stalled' ? 'stalled' : failure.fault === undefined ? null : 'unavailable';
  if (trigger === null) return false;
  const { cause, type, fault = null, message } = failure;
  return startReallocation(turn, task, {
    trigger,
    text: message,
    evidence: { cause, type, fault, tail: failure.tail.slice(-512) },
  });
}

function goOnInMove(turn: Turn, open: OpenReallocation, { bundle, cause, message }: AttemptFailure): boolean {
  const run = taskRun(turn, open.task);
  const moves = run.moves as TaskMoves;
  switch (open.stage) {
    case 'returning':
      hold(turn, open.task);
      return true;
    case 'choosing':
      hold(turn, open.task);
      tellMove(turn, open.n, { type: 'released', how: message, hasBundle: bundle !== undefined });
      return true;
    case 'stopping':
      tellMove(turn, open.n, { type: 'released', how: message, hasBundle: bundle !== undefined });
      startMoved(turn, open);
      return true;
    default:
      // With its worker, by no fault of its own: it gets it again.
      if (cause === 'lost' && run.agent === open.to) {
        tellMove(turn, open.n, { type: 'released', how: message, hasBundle: bundle !== undefined });
        startMoved(turn, open);
        return true;
      }
      moves.tried.push(run.agent as number);
      hold(turn, open.task);
      tellMove(turn, open.n, { type: 'attemptEnded', attempt: run.attempt, reason: message });
      return true;
  }
}

export function hold(turn: Turn, task: number): void {
  const run = taskRun(turn, task);
  movesOf(run).isHeld = true;
  run.reason = HELD;
}

/** Its task goes to that agent as soon as it is free, and what it needs. */
export function startMoved(turn: Turn, open: OpenReallocation): void {
  hold(turn, open.task);
  open.stage = 'starting';
}

/** Moved work goes before whatever else waits: it was under way already. Costs as much as there are reallocations under way. */
export function startMovedTasks(turn: Turn): void {
  for (const n in turn.state.reallocations) {
    const open = turn.state.reallocations[n] as OpenReallocation;
    if (open.stage !== 'starting' || !startWith(turn, open.task, open.to as number)) continue;
    const run = taskRun(turn, open.task);
    const moves = movesOf(run);
    moves.isHeld = false;
    if (!moves.tried.includes(open.from)) moves.tried.push(open.from);
    open.stage = 'validating';
    open.signs = { acknowledged: false, moving: false };
    tellMove(turn, open.n, { type: 'started', agent_id: agentOfTask(turn, open.task).id, attempt: run.attempt });
    // A person has accepted the offer, and works outside of what can be seen.
    if (agentOfTask(turn, open.task).kind === 'human') noteSigns(turn, open, { acknowledged: true, moving: true });
  }
}

function noteSigns(turn: Turn, open: OpenReallocation, signs: HandoverSigns): void {
  if (open.stage !== 'validating') return;
  if (signs.acknowledged === open.signs.acknowledged && signs.moving === open.signs.moving) return;
  open.signs = signs;
  tellMove(turn, open.n, { type: 'shown', ...signs });
}

/** The agent that has taken over has given a sign. */
export function takeSigns(turn: Turn, task: number, { handover: signs }: StatusReport): void {
  const open = openMove(turn, taskRun(turn, task));
  if (open && signs) noteSigns(turn, open, signs);
}

/** The sprint is being stopped: whatever was being moved goes on as it is, or is done again when the sprint goes on. */
export function withdrawMoves(turn: Turn, reason: string): void {
  for (const open of Object.values(turn.state.reallocations ?? {})) giveBack(turn, open, () => withdrawMove(turn, open, reason));
}

/** The plan, or a person, says anew who may do the task: nobody takes it over by what was found out before. */
export function withdrawMoveOf(turn: Turn, task: number, reason: string): void {
  const open = openMove(turn, taskRun(turn, task));
  if (open) giveBack(turn, open, () => withdrawMove(turn, open, reason));
}

/** Ends a reallocation; a task that waited for it waits for an agent again. */
export function giveBack(turn: Turn, open: OpenReallocation, close: () => void): void {
  const run = taskRun(turn, open.task);
  const wasHeld = run.moves?.open === open.n && run.moves.isHeld;
  close();
  if (!wasHeld || run.state !== 'waiting') return;
  run.reason = null;
  makeReady(turn, open.task);
}
