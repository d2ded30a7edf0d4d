/**
 * An execution: prepares the plan, waits for its authorization, runs its sprints as child workflows, ends with the report.
 *
 * preparing → awaitingAuthorization → running → completed | failed; awaitingAuthorization → rejected;
 * running ⇄ paused; any → stopping → stopped → where it was; any → cancelled.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { AgentActivities, WorkflowActivities } from '../activities/index.ts';
import type { PrepareInput } from '../activities/prepare.ts';
import type { ExecutionEffect, ExecutionEvent } from '../domain/execution/events.ts';
import { evolveExecution } from '../domain/execution/evolve.ts';
import { nextDeadline } from '../domain/execution/own-items.ts';
import { toDetailsMarkdown, toReportMarkdown } from '../domain/execution/report-markdown.ts';
import { toReport, toResult } from '../domain/execution/report.ts';
import { createExecution, isExecutionFinal } from '../domain/execution/state.ts';
import { toStatusView } from '../domain/execution/view.ts';
import type { ExecutionResult } from '../domain/views.ts';
import { createAlarmClock } from './alarm-clock.ts';
import { openExecutionMailroom } from './execution-mailroom.ts';
import { createExposure } from './exposure.ts';
import { createLedgerWriter } from './ledger-writer.ts';
import { createSprintChildren } from './sprint-children.ts';
import type { Prepared } from '../domain/prepared.ts';

const { prepare } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 5 },
  summary: 'check the plan, test readiness, fix the hash',
});
const { writeReport } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumInterval: '10 seconds' },
  summary: 'write the report',
});
const { notify } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { maximumAttempts: 3 },
  summary: 'tell people',
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
      await clock.wait(() => mailroom.waiting + happened.length > 0 || mishap !== null, nextDeadline(state));
      if (mishap !== null) throw toPreparationFailure(mishap);
      mailroom.drain();
      const events = happened.splice(0);
      for (const event of events) take(event);
      if (events.length === 0) take({ type: 'timePassed', at: Date.now() });
      publish();
      ledger.writeIfDue(Date.now());
    }
    return end();
  });

  function take(event: ExecutionEvent): void {
    for (const effect of evolveExecution(state, event)) carryOut(effect);
  }

  function carryOut(effect: ExecutionEffect): void {
    switch (effect.type) {
      case 'startSprint':
        return children.start(effect.sprintId);
      case 'forward':
        return children.forward(effect.name, effect.payload, effect.sprintIds);
      case 'cancelSprints':
        return children.cancel();
      case 'journal':
        return ledger.add(effect);
      case 'document':
        return void ledger.flush().then(() => happened.push({ type: 'documented', at: Date.now() }));
      case 'notify': {
        const channels = state.prepared?.resolved.policies.notify ?? [];
        if (channels.length === 0) return;
        const event = { kind: effect.kind, executionId, title: effect.title, text: effect.text };
        return void notify({ channels, event }).catch(() => undefined);
      }
    }
  }

  function publish(): void {
    const status = toStatusView(state);
    setCurrentDetails(toDetailsMarkdown(status));
    const { phase, project, planHash, inbox } = status;
    expose({ phase, project, planHash, needsPerson: inbox.length > 0, sprint: null }, state.prepared?.searchAttributes ?? false);
  }

  async function end(): Promise<ExecutionResult> {
    publish();
    await ledger.flush();
    const report = toReport(state);
    const written = await writeReport({ executionId, markdown: toReportMarkdown(report), json: report, status: toStatusView(state) });
    take({ type: 'reported', at: Date.now(), report: written });
    mailroom.drain();
    const result = toResult(state);
    if (state.phase === 'failed') throw ApplicationFailure.create({ message: result.summary, type: 'PlanFailed', nonRetryable: true, details: [result] });
    if (state.phase === 'cancelled') throw new CancelledFailure(result.summary, [result]);
    return result;
  }
}

/** `prepare` tests what its own worker serves; agents of other queues are tested where they run. */
async function prepareAll(input: PrepareInput): Promise<Prepared> {
  const prepared = await prepare(input);
  const elsewhere = Object.entries(prepared.elsewhere).map(async ([taskQueue, agentIds]) => {
    const { probeAgents } = proxyActivities<AgentActivities>({
      taskQueue,
      scheduleToStartTimeout: '30 seconds',
      startToCloseTimeout: '2 minutes',
      heartbeatTimeout: '10 seconds',
      retry: { maximumAttempts: 2 },
      summary: `test the agents of queue ${taskQueue}`,
    });
    try {
      return await probeAgents({ agentIds });
    } catch {
      return [{ name: `queue ${taskQueue}`, ok: false, detail: `no worker of this queue answered for ${agentIds.join(', ')}; start one` }];
    }
  });
  const items = await Promise.all(elsewhere);
  return { ...prepared, readiness: [...prepared.readiness, ...items.flat()] };
}

function toPreparationFailure(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type === 'InvalidPlan') {
    return ApplicationFailure.create({ message: cause.message, type: 'InvalidPlan', nonRetryable: true, details: cause.details ?? [] });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  const type = cause instanceof ApplicationFailure && cause.type === 'TooLarge' ? 'TooLarge' : 'PlanFailed';
  return ApplicationFailure.create({ message: `the plan could not be prepared: ${message}`, type, nonRetryable: true });
}
