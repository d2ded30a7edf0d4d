import { chooseFirst, describeSlack, describeTime, type Conflict, type Rival, type Verdict } from '../mediation/conflict.ts';
import { PRIORITY_RANK } from '../plan/plan.ts';
import { candidatesOf, hasFreeAgent } from './allocation.ts';
import { YIELD } from './conflict-actions.ts';
import { toRival } from './conflict-rivals.ts';
import { watchForConflicts } from './conflict-watch.ts';
import { isNewConflict, raiseConflict, type ConflictsState } from './conflicts.ts';
import { remainingOfAttempt } from './forecast.ts';
import { PATH } from './lease-needs.ts';
import { slackToleranceMs } from './slack.ts';
import { taskRun, taskSpec, type Turn } from './turn.ts';

/** A task that waits for a lease, and one that holds it. */
interface Pair {
  readonly resource: string;
  readonly waiting: number;
  readonly holder: number;
}

/** As they stand to each other: the one that waits, then the holder. */
type Rivals = readonly [Rival, Rival];

/** Tasks that wait for leases: those that wait longer than they should are in conflict with whoever holds them. */
export function conflictsAreDue(turn: Turn): void {
  const { state, index } = turn;
  delete (state.conflicts as ConflictsState).lookAt;
  let next = Number.POSITIVE_INFINITY;
  for (const [number, { parked, held, limit }] of state.resources.entries()) {
    // What is out of order keeps its work back whoever holds it.
    if (limit !== undefined) continue;
    const resource = index.resourceIds[number] as string;
    const heads = parked.flatMap(({ heap }) => heap[0] ?? []);
    const pairs = heads.flatMap((waiting) => held.map(({ task: holder }) => ({ resource, waiting, holder })));
    for (const pair of pairs) if (!judge(turn, pair)) next = Math.min(next, overrunAt(turn, pair.holder));
  }
  if (next > state.now && Number.isFinite(next)) watchForConflicts(turn, next);
}

/** When the holder has had its estimate. */
const overrunAt = (turn: Turn, holder: number): number =>
  (taskRun(turn, holder).startedAt as number) + (turn.index.estimateMs[holder] as number);

/** Answers whether the two are in conflict, now or before. */
function judge(turn: Turn, pair: Pair): boolean {
  const { waiting, holder } = pair;
  const key = keyOf(turn, pair);
  if (!isNewConflict(turn, key)) return true;
  const run = taskRun(turn, holder);
  if (run.withdrawn !== undefined || !canStart(turn, pair)) return false;
  const rivals = toRivals(turn, pair);
  const named = nameCause(turn, pair, rivals);
  if (named === null) return false;
  const { id, title } = taskSpec(turn, waiting);
  const other = taskSpec(turn, holder);
  const conflict: Conflict = {
    key,
    ...named,
    title: `"${title}" and "${other.title}" both want ${named.what}`,
    alternatives: [
      { id: 'wait', text: `"${other.id}" keeps it until it is done, "${id}" waits` },
      { id: YIELD, text: `"${other.id}" is put back, "${id}" goes first` },
    ],
    fallback: 'wait',
    subject: { type: 'lease', waiting, holder, attempt: run.attempt },
  };
  return raiseConflict(turn, conflict, decide(rivals));
}

const keyOf = (turn: Turn, { resource, waiting, holder }: Pair): string =>
  `lease/${resource}/${taskSpec(turn, waiting).id}/${taskSpec(turn, holder).id}#${taskRun(turn, holder).attempt}`;

/** Somebody could do the waiting task if it had the lease: an idle agent, or the holder's own. */
const canStart = (turn: Turn, { waiting, holder }: Pair): boolean =>
  hasFreeAgent(turn, turn.index.classOf[waiting] as number) ||
  candidatesOf(turn, waiting).includes(taskRun(turn, holder).agent as number);

/** Who goes first by priority, then slack; null: they are even. */
function decide([waiting, holder]: Rivals): Verdict | null {
  const first = chooseFirst(waiting, holder);
  return first && { decision: first.first === waiting.id ? YIELD : 'wait', by: first.by, why: first.why };
}

/** The one that waits would have to wait on, the holder to begin anew after the other one. */
function toRivals(turn: Turn, { waiting, holder }: Pair): Rivals {
  const restMs = remainingOfAttempt(taskRun(turn, holder), turn.state.now);
  const lostMs = heldFor(turn, holder) + (turn.index.estimateMs[waiting] as number);
  return [toRival(turn, waiting, restMs), toRival(turn, holder, lostMs)];
}

const heldFor = (turn: Turn, holder: number): number => turn.state.now - (taskRun(turn, holder).startedAt as number);

/** Why the wait is a conflict, by rule; null: it is as planned. */
function nameCause(
  turn: Turn,
  { resource, holder }: Pair,
  [first, other]: Rivals,
): (Pick<Conflict, 'kind' | 'cause' | 'evidence'> & { what: string }) | null {
  const heldMs = heldFor(turn, holder);
  const estimateMs = turn.index.estimateMs[holder] as number;
  const isPath = resource.startsWith(PATH);
  const what = isPath ? `the path ${resource.slice(PATH.length)}` : resource;
  const { slackMs, secondMs: remainingMs } = first;
  const evidence = {
    resource,
    waiting: first.id,
    holder: other.id,
    heldMs,
    estimateMs,
    remainingMs,
    slackMs,
    holderSlackMs: other.slackMs,
  };
  const kind = isPath ? 'paths' : 'resource';
  if (heldMs >= estimateMs) {
    const cause = `"${other.id}" has held ${what} for ${describeTime(heldMs)}, its estimate is ${describeTime(estimateMs)}; "${first.id}" waits and has ${describeSlack(slackMs)}.`;
    return { kind, cause, evidence, what };
  }
  const isHigher = PRIORITY_RANK[first.priority] < PRIORITY_RANK[other.priority];
  if (isHigher && slackMs < remainingMs) {
    const cause = `"${first.id}" (${first.priority}) waits for ${what}, which "${other.id}" (${other.priority}) holds for about ${describeTime(remainingMs)} more; it has ${describeSlack(slackMs)}.`;
    return { kind, cause, evidence, what };
  }
  const areUrgent = first.priority === 'urgent' && other.priority === 'urgent';
  if (isPath && (areUrgent || Math.max(slackMs, other.slackMs) <= slackToleranceMs(turn))) {
    const how = areUrgent ? 'urgent' : 'critical';
    const cause = `"${first.id}" and "${other.id}" both change ${what}, so one waits for the other, and both are ${how}: ${describeSlack(slackMs)} and ${describeSlack(other.slackMs)}.`;
    return { kind, cause, evidence, what };
  }
  return null;
}
