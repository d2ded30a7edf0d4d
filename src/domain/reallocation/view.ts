import { toIso } from '../iso-time.ts';
import type { ReallocationState } from './reallocation.ts';

/** Answer of the query `status` of a reallocation, and its result: the five steps with their times, scores, bids, and how it ended. */
export function toReallocationView({
  input,
  startedAt,
  steps,
  assessments,
  bids,
  pending,
  deadline,
  timeline,
  outcome,
}: ReallocationState) {
  const { sprint, task, trigger, text, evidence, from } = input;
  return {
    sprint,
    task: task.id,
    trigger,
    text,
    evidence,
    from,
    startedAt: toIso(startedAt),
    step: outcome === null ? (steps.at(-1)?.step ?? null) : null,
    steps: steps.map((step) => ({ ...step, startedAt: toIso(step.startedAt), endedAt: isoOrNull(step.endedAt) })),
    assessments,
    bids: bids.map((bid) => ({ ...bid, at: toIso(bid.at) })),
    pending,
    deadline: isoOrNull(deadline),
    timeline: timeline.map(({ at, text: line }) => ({ at: toIso(at), text: line })),
    outcome: outcome === null ? null : { ...outcome, startedAt: toIso(outcome.startedAt), endedAt: toIso(outcome.endedAt) },
  };
}
export type ReallocationView = ReturnType<typeof toReallocationView>;

const isoOrNull = (at: number | null): string | null => (at === null ? null : toIso(at));
