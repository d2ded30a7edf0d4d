/**
 * An execution: prepares the plan, waits for its authorization, runs its sprints as child workflows, ends with the report.
 *
 * preparing → awaitingAuthorization → running → completed | failed; awaitingAuthorization → rejected;
 * running ⇄ paused; any → stopping → stopped → where it was; running, paused, stopped → rollingBack → where it was; any → cancelled.
 *
 * When its history is full it continues as new with everything that it knows; its sprints go on meanwhile.
 */
import { ApplicationFailure, CancellationScope, CancelledFailure, condition, proxyActivities } from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';
import { nextDeadline } from '../domain/execution/own-items.ts';
import { toClosingDocuments, toResult } from '../domain/execution/report.ts';
import { isExecutionFinal } from '../domain/execution/state.ts';
import type { ExecutionResult } from '../domain/views.ts';
import { earlierOf } from './alarm-clock.ts';
import { openExecution, type ExecutionInput, type OpenExecution } from './execution-parts.ts';
import { continueRun, toNextInput } from './next-run.ts';
import { whenPacked } from './packing.ts';
import { prepareAll, toPreparationFailure } from './preparation.ts';

const { writeReport } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '5 seconds',
  retry: { maximumInterval: '10 seconds' },
  summary: 'write the report',
});

/** The end waits so long for the channels that are told of it; what has begun by then is carried through without the workflow. */
const FAREWELL_MS = 10_000;

/** Runs a plan, or one sprint of it with `sprintId`. Throws `InvalidPlan` with every mistake, `PlanFailed` with the report, or is cancelled. */
export async function runExecution(input: ExecutionInput): Promise<ExecutionResult> {
  const parts = openExecution(input);
  const { amendments, children, clock, happened, ledger, limits, mailroom, procedures, publish, state, take } = parts;
  let mishap: unknown = null;
  let isPublished = false;
  CancellationScope.current().cancelRequested.catch(() => happened.push({ type: 'cancelRequested', at: Date.now() }));

  return CancellationScope.nonCancellable(async () => {
    publish();
    if ('carried' in input) parts.resume(input.carried);
    else {
      prepareAll({ ...input, executionId: state.executionId }).then(
        (prepared) => happened.push({ type: 'prepared', at: Date.now(), prepared }),
        (error: unknown) => (mishap = error),
      );
    }
    while (!isExecutionFinal(state.phase)) {
      const until = [ledger.dueAt, children.dueAt].reduce(earlierOf, nextDeadline(state));
      await clock.wait(() => hasNews() || mishap !== null || mayLeave() || mayPublish(), until);
      if (mishap !== null) throw toPreparationFailure(mishap);
      mailroom.drain();
      const events = happened.splice(0);
      for (const event of events) take(event);
      if (events.length === 0) take({ type: 'timePassed', at: Date.now() });
      children.askSilent(Date.now());
      isPublished = false;
      if (mayPublish()) {
        publish();
        isPublished = true;
      }
      ledger.writeIfDue(Date.now());
      if (mayLeave() && !hasNews()) await leave();
    }
    publish();
    return closeWithReport(parts);
  });

  function hasNews(): boolean {
    return mailroom.waiting + happened.length > 0;
  }

  /** What goes to the sprints goes first: writing search attributes takes the server's store as long as a signal takes to get there. */
  function mayPublish(): boolean {
    return !isPublished && !children.isBusy;
  }

  /**
   * Nothing is under way that the end of this run would cut off. What waits to be written goes with it. A cancel is of one run: only the
   * run that was asked to can end as cancelled.
   */
  function mayLeave(): boolean {
    const isSteady = state.prepared !== null && !state.cancelling && !isExecutionFinal(state.phase);
    return limits.isLong && isSteady && !children.isBusy && !procedures.isBusy && !amendments.isBusy && !state.outbox.isSending;
  }

  async function leave(): Promise<void> {
    const next = toNextInput<ExecutionInput>({ carried: parts.carry() });
    if (next) await continueRun(next);
    limits.postpone();
  }
}

/** Everything is written, and people hear of it, before the workflow closes, since nothing can be afterwards. */
async function closeWithReport({ amendments, state, ledger, happened, take }: OpenExecution): Promise<ExecutionResult> {
  // Whoever waits for the answer to an amendment gets one.
  await condition(() => !amendments.isBusy);
  await ledger.flush();
  const { executionId } = state;
  const report = await whenPacked({ executionId, ...toClosingDocuments(state) }, writeReport);
  take({ type: 'reported', at: Date.now(), report });
  const until = Date.now() + FAREWELL_MS;
  while (state.outbox.isSending && Date.now() < until) {
    await condition(() => happened.length > 0, until - Date.now());
    for (const event of happened.splice(0)) take(event);
  }
  await ledger.flush();
  const result = toResult(state);
  if (state.phase === 'failed') {
    throw ApplicationFailure.create({ message: result.summary, type: 'PlanFailed', nonRetryable: true, details: [result] });
  }
  if (state.phase === 'cancelled') throw new CancelledFailure(result.summary, [result]);
  return result;
}
