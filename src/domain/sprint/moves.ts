import type { AttemptFailure } from '../attempt.ts';
import type { Handover, HandoverSigns } from '../reallocation/handover.ts';
import type { ReallocationNews } from '../reallocation/reallocation.ts';
import type { ReallocationTrigger } from '../reallocation/policy.ts';
import { toEscalationKey, withdrawCause } from './escalations.ts';
import type { TaskRun } from './state.ts';
import { agentOfTask, agentRun, decide, resolveAlert, taskRun, taskSpec, type Sprint, type Turn } from './turn.ts';

/** What a task carries of its reallocations; absent for one that was never handed on. */
export interface TaskMoves {
  /** Number of the one under way; null: none. */
  open: number | null;
  /** It waits for its reallocation, not for an agent. */
  isHeld: boolean;
  /** So far, those under way and those put back for urgent work included. */
  count: number;
  /** When the last one began (Unix ms). */
  lastAt: number;
  /** Agents (numbers) that it was taken from. */
  tried: number[];
  /** The attempt for which it was logged that no reallocation is possible. */
  refusedFor: number;
  handover: Handover | null;
}

/** A reallocation under way, as the sprint keeps it. */
export interface OpenReallocation {
  readonly n: number;
  readonly task: number;
  readonly trigger: ReallocationTrigger;
  /** Who had the work. */
  readonly from: number;
  /**
   * `choosing`: who takes it is being found out. `stopping`: whoever has it is being ended. `starting`: the new attempt waits to begin.
   * `validating`: it has begun. `returning`: nobody has taken it over, the last attempt is being ended.
   */
  stage: 'choosing' | 'stopping' | 'starting' | 'validating' | 'returning';
  /** Who is to have it. */
  to: number | null;
  signs: HandoverSigns;
  /** Why nobody has taken it over, while `returning`. */
  failure: string | null;
}

/** How an agent has done so far; kept where the plan reallocates work. */
export interface AgentRecordRun {
  done: number;
  failed: number;
  slipped: number;
}

export function movesOf(run: TaskRun): TaskMoves {
  run.moves ??= { open: null, isHeld: false, count: 0, lastAt: 0, tried: [], refusedFor: 0, handover: null };
  return run.moves;
}

export function openMove({ state }: Sprint, { moves }: TaskRun): OpenReallocation | null {
  return moves?.open ? (state.reallocations?.[moves.open] ?? null) : null;
}

export const tellMove = (turn: Turn, n: number, news: ReallocationNews): void =>
  void turn.effects.push({ type: 'tellProcedure', kind: 'reallocation', n, news });

/** The reallocation is over for the sprint; the child may still have to be told. */
export function closeMove(turn: Turn, { n, task }: OpenReallocation): void {
  delete turn.state.reallocations?.[n];
  resolveAlert(turn, `reallocation/${n}`);
  closeOffers(turn, n);
  Object.assign(movesOf(taskRun(turn, task)), { open: null, isHeld: false });
}

/** There is nothing to move any more. Whether the task is to be made ready again is the caller's to say. */
export function withdrawMove(turn: Turn, open: OpenReallocation, reason: string): void {
  logEnd(turn, open, reason, null);
  closeMove(turn, open);
  tellMove(turn, open.n, { type: 'withdrawn', reason });
}

function logEnd(turn: Turn, { n, task }: OpenReallocation, text: string, agent_id: string | null): void {
  const { id, title } = taskSpec(turn, task);
  const result = agent_id === null ? 'withdrawn' : 'moved';
  const facts = { reallocation: n, task: id, result, agent_id };
  decide(turn, 'reallocationEnded', `reallocation ${n} of "${title}" ended: ${text}`, facts);
}

/** The task has ended: with it all that was kept for moving it, and what people were asked about that. */
export function endMoves(turn: Turn, task: number, final: string): void {
  const run = taskRun(turn, task);
  const open = openMove(turn, run);
  if (open && final === 'done') {
    const agent_id = agentOfTask(turn, task).id;
    logEnd(turn, open, `${agent_id} has finished it`, open.stage === 'validating' ? agent_id : null);
    closeMove(turn, open);
    tellMove(turn, open.n, { type: 'finished', agent_id });
  } else if (open) withdrawMove(turn, open, `the task is ${final}`);
  delete run.moves;
  withdrawCause(turn, toEscalationKey(taskSpec(turn, task).id), `the task is ${final}`);
}

/** Whether any reallocation is under way: then nothing stands still. */
export const isReallocating = ({ state }: Sprint): boolean => {
  for (const _ in state.reallocations) return true;
  return false;
};

/** Item of a person who is asked to take the work. */
export const offerItemId = (taskId: string, n: number, agentId: string): string => `${taskId}/offer/${n}/${agentId}`;

function closeOffers(turn: Turn, n: number): void {
  for (const [itemId, { kind }] of Object.entries(turn.state.inbox)) {
    if (kind !== 'offer' || !itemId.includes(`/offer/${n}/`)) continue;
    delete turn.state.inbox[itemId];
    turn.news = 'urgent';
  }
}

/** What an attempt without a result has left goes to the next; one that never got going leaves what it was given. */
export function keepHandover(turn: Turn, task: number, { message, bundle }: AttemptFailure): void {
  if (!turn.definition.reallocation) return;
  const run = taskRun(turn, task);
  const open = openMove(turn, run);
  const moves = movesOf(run);
  if (open?.stage === 'validating' && !open.signs.moving && moves.handover) return;
  const { id, kind } = agentOfTask(turn, task);
  moves.handover = {
    from: { agent_id: id, attempt: run.attempt },
    reason: run.withdrawn ?? message,
    status: run.status,
    bundle: bundle ?? null,
    ...(kind === 'human' ? { notes: [] } : {}),
  };
}

/** Counts for the assessment of candidates, where the plan reallocates work. */
export function record(turn: Turn, agent: number, what: keyof AgentRecordRun): void {
  if (!turn.definition.reallocation) return;
  const run = agentRun(turn, agent);
  run.record ??= { done: 0, failed: 0, slipped: 0 };
  run.record[what] += 1;
}
