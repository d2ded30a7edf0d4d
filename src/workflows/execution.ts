/**
 * An execution: prepares the plan, waits for its authorization, runs its sprints as child workflows, ends with the report.
 *
 * preparing → awaitingAuthorization → running → completed | failed; awaitingAuthorization → rejected;
 * running ⇄ paused; any → stopping → stopped → where it was; any → cancelled.
 */
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';
import type { PrepareInput } from '../activities/prepare.ts';
import type { ExecutionEffect, ExecutionEvent } from '../domain/execution/events.ts';
import { evolveExecution } from '../domain/execution/evolve.ts';
import { nextDeadline } from '../domain/execution/own-items.ts';
import { toDetailsMarkdown } from '../domain/execution/details-markdown.ts';
import { toClosingDocuments, toResult } from '../domain/execution/report.ts';
import { createExecution, isExecutionFinal, type ExecutionState } from '../domain/execution/state.ts';
import { toStatusView } from '../domain/execution/view.ts';
import type { ExecutionResult } from '../domain/views.ts';
import { createAlarmClock, earlierOf } from './alarm-clock.ts';
import { openExecutionMailroom } from './execution-mailroom.ts';
import { createExposure } from './exposure.ts';
import { createLedgerWriter, type LedgerWriter } from './ledger-writer.ts';
import { whenPacked } from './packing.ts';
import { prepareAll, toPreparationFailure } from './preparation.ts';
import { createSprintChildren } from './sprint-children.ts';
import { tellPeople } from './tell-people.ts';

const { writeReport } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '5 seconds',
  retry: { maximumInterval: '10 seconds' },
  summary: 'write the report',
});
/** Runs a plan, or one sprint of it with `sprintId`. Throws `InvalidPlan` with every mistake, `PlanFailed` with the report, or is cancelled. */
export async function runExecution(input: Omit<PrepareInput, 'executionId'>): Promise<ExecutionResult> {
  const executionId = workflowInfo().workflowId;
  const state = createExecution(executionId, Date.now());
  const happened: ExecutionEvent[] = [];
  const children = createSprintChildren(state, (event) => happened.push(event));
  const ledger = createLedgerWriter(executionId, executionId);
  const clock = createAlarmClock();
  const expose = createExposure();
  const mailroom = openExecutionMailroom(state, (event) => take(event));
  let mishap: unknown = null;
  CancellationScope.current().cancelRequested.catch(() => happened.push({ type: 'cancelRequested', at: Date.now() }));

  return CancellationScope.nonCancellable(async () => {
    publish();
    prepareAll({ ...input, executionId }).then(
      (prepared) => happened.push({ type: 'prepared', at: Date.now(), prepared }),
      (error: unknown) => (mishap = error),
    );
    while (!isExecutionFinal(state.phase)) {
      const until = earlierOf(nextDeadline(state), ledger.dueAt);
      await clock.wait(() => mailroom.waiting + happened.length > 0 || mishap !== null, until);
      if (mishap !== null) throw toPreparationFailure(mishap);
      mailroom.drain();
      const events = happened.splice(0);
      for (const event of events) take(event);
      if (events.length === 0) take({ type: 'timePassed', at: Date.now() });
      publish();
      ledger.writeIfDue(Date.now());
    }
    return closeWithReport(state, ledger);
  });

  function take(event: ExecutionEvent): void {
    for (const effect of evolveExecution(state, event)) carryOut(effect);
  }

  function carryOut(effect: ExecutionEffect): void {
    switch (effect.type) {
      case 'startSprint':
        return children.start(effect.sprintId, effect.earlier);
      case 'forward':
        return children.forward(effect.name, effect.payload, effect.sprintIds);
      case 'cancelSprints':
        return children.cancel();
      case 'journal':
        return ledger.add(effect);
      case 'document':
        return void ledger.flush().then(() => happened.push({ type: 'documented', at: Date.now() }));
      case 'notify':
        return tellPeople(state.prepared?.resolved.policies.notify ?? [], executionId, effect);
    }
  }

  function publish(): void {
    const status = toStatusView(state);
    setCurrentDetails(toDetailsMarkdown(status));
    const { phase, project, planHash, inbox } = status;
    expose({ phase, project, planHash, needsPerson: inbox.length > 0, sprint: null }, state.prepared?.searchAttributes ?? false);
  }
}

/** Everything is written before the workflow closes, since nothing can be afterwards. */
async function closeWithReport(state: ExecutionState, ledger: LedgerWriter): Promise<ExecutionResult> {
  await ledger.flush();
  const { executionId } = state;
  const report = await whenPacked({ executionId, ...toClosingDocuments(state) }, writeReport);
  evolveExecution(state, { type: 'reported', at: Date.now(), report });
  const result = toResult(state);
  if (state.phase === 'failed') {
    throw ApplicationFailure.create({ message: result.summary, type: 'PlanFailed', nonRetryable: true, details: [result] });
  }
  if (state.phase === 'cancelled') throw new CancelledFailure(result.summary, [result]);
  return result;
}
