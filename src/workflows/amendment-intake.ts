import { CancellationScope, condition } from '@temporalio/workflow';
import { toAmendmentAnswer } from '../domain/execution/amendments/amendment-view.ts';
import { additionsOf, describeUnready, isCovered, type Additions } from '../domain/execution/amendments/additions.ts';
import { toExecutionEvent } from '../domain/execution/commands.ts';
import type { ExecutionEvent } from '../domain/execution/events.ts';
import { isExecutionFinal, type ExecutionState } from '../domain/execution/state.ts';
import type { Refusal } from '../domain/failure.ts';
import type { Prepared, ReadinessItem } from '../domain/prepared.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Accepted } from '../domain/views.ts';
import { testAllAdditions } from './preparation.ts';

export interface AmendmentIntake {
  /** At once, unless it brings in what has never been tested. Never rejects, and has logged what it refuses. */
  take(raw: unknown): Result<Accepted, Refusal> | Promise<Result<Accepted, Refusal>>;
  /** Something is being tested: the run must not end. */
  readonly isBusy: boolean;
}

export interface AmendmentIntakeOptions {
  readonly take: (event: ExecutionEvent) => void;
  readonly refuse: (raw: unknown, refusal: Refusal) => void;
}

/** At a time. */
const MAX_TESTING = 5;
const BUSY: Refusal = {
  type: 'NotAllowedInPhase',
  message: `${MAX_TESTING} amendments are being tested; send it again when they have been answered`,
};

type Amended = Extract<ExecutionEvent, { type: 'amended' }>;
interface Tested {
  readonly additions: Additions;
  readonly readiness: readonly ReadinessItem[];
}

/**
 * Amendments on their way into force. What one brings in is tested before anything changes; what has happened meanwhile counts, so it is
 * checked once more then.
 */
export function createAmendmentIntake(state: ExecutionState, { take, refuse }: AmendmentIntakeOptions): AmendmentIntake {
  let testing = 0;
  const turnAway = (raw: unknown, refusal: Refusal): Result<Accepted, Refusal> => {
    refuse(raw, refusal);
    return err(refusal);
  };
  const accept = ({ revision, ...event }: Amended, readiness: readonly ReadinessItem[]): Result<Accepted, Refusal> => {
    const tested = readiness.length === 0 ? revision : { ...revision, readiness };
    take({ ...event, revision: tested });
    return ok(toAmendmentAnswer(state, tested, event.isDryRun));
  };
  const decide = (raw: unknown, tested: Tested | null): ReturnType<AmendmentIntake['take']> => {
    const event = toExecutionEvent(state, 'amendPlan', raw, Date.now());
    if (!event.ok) return turnAway(raw, event.error);
    const amended = event.value as Amended;
    const additions = additionsOf((state.prepared as Prepared).resolved, amended.revision.resolved);
    if (additions === null) return accept(amended, []);
    const isTested = tested !== null && isCovered(additions, tested.additions);
    if (!isTested && testing >= MAX_TESTING) return turnAway(raw, BUSY);
    if (!isTested) return test(raw, additions);
    const faults = describeUnready(tested.readiness);
    return faults === null ? accept(amended, tested.readiness) : turnAway(raw, { type: 'NotReady', message: faults });
  };
  /** What an update has begun goes on after a cancel; the end of the execution is waited for by nobody. */
  const test = async (raw: unknown, additions: Additions): Promise<Result<Accepted, Refusal>> => {
    testing += 1;
    let readiness: readonly ReadinessItem[] | null = null;
    await CancellationScope.nonCancellable(() => {
      void testAllAdditions(additions).then((items) => (readiness = items));
      return condition(() => readiness !== null || isExecutionFinal(state.phase));
    });
    testing -= 1;
    return decide(raw, { additions, readiness: readiness ?? [] });
  };
  return {
    take: (raw) => decide(raw, null),
    get isBusy() {
      return testing > 0;
    },
  };
}
