import { Context } from '@temporalio/activity';
import type { AgentOutcome, AgentRunner, RunnerReport, RunningAgent } from '../adapters/agents/agent-runner.ts';
import { ArtifactError } from '../adapters/store/artifact-error.ts';
import type { ArtifactStore, AttemptLog } from '../adapters/store/artifact-store.ts';
import type { Workspace, Workspaces } from '../adapters/workspaces/directory-workspaces.ts';
import type { Receipt } from '../domain/agent-message.ts';
import type { AgentStatus } from '../domain/agent-status.ts';
import type { Deliverable, PerformTaskInput, PerformTaskResult } from '../domain/attempt.ts';
import type { CommandAgentConfig } from '../domain/config/config.ts';
import type { DeliverableSpec, JsonObject } from '../domain/plan/plan.ts';
import { findChecks, requirePassed, runChecks, type AttemptChecksDeps } from './attempt-checks.ts';
import { AttemptError, toAttemptFailure } from './attempt-failure.ts';
import { createAttemptGuard, SupersededError } from './attempt-guard.ts';
import { leaveHandover, takeHandover } from './handover.ts';
import { authorizedAdapter } from './authorized-adapter.ts';
import { createAttemptMessages } from './attempt-messages.ts';
import { toStopped, toThrown } from './attempt-outcome.ts';
import { markerOf, materialiseInputs, toAgentRequest } from './attempt-request.ts';
import { toEightFields, toFirstStatus, type Heartbeat, type Heartbeats } from './heartbeat.ts';
import type { Deliver, Mailbox } from './mailbox.ts';
import type { Roster } from './roster.ts';
import type { StatusBatcher } from './status-batcher.ts';
import type { TemporalCalls } from './temporal-calls.ts';
import { createGentleStop } from './wrap-up.ts';
import type { StatusDocuments } from './status-document.ts';

export interface PerformTaskDeps extends AttemptChecksDeps {
  readonly roster: Pick<Roster, 'find' | 'checks'>;
  readonly runner: AgentRunner;
  readonly store: ArtifactStore;
  readonly workspaces: Workspaces;
  readonly statuses: Omit<StatusBatcher, 'close'>;
  readonly mailbox: Pick<Mailbox, 'open' | 'listen' | 'watch' | 'forget'>;
  readonly statusDocuments: Pick<StatusDocuments, 'watch'>;
  readonly heartbeats: Heartbeats;
  readonly query: TemporalCalls['query'];
}

/**
 * The activity `performTask`: one attempt of one task by one command agent, from a fresh workspace to verified deliverables.
 * Every failure is an ApplicationFailure with an `AttemptFailure` as its only detail. A cancel ends the agent's processes first
 * and then stays Temporal's CancelledFailure.
 */
export function createPerformTask(deps: PerformTaskDeps): (input: PerformTaskInput) => Promise<PerformTaskResult> {
  const guard = createAttemptGuard();
  return async (input) => {
    const context = Context.current();
    const { ownerId, executionId, attempt, task } = input;
    const beat = (details: AgentStatus): void => context.heartbeat(details);
    const { heartbeatTimeoutMs = Infinity } = context.info;
    const heartbeat = deps.heartbeats.start(beat, toFirstStatus(input, Date.now()), heartbeatTimeoutMs);
    context.cancellationSignal.addEventListener('abort', deps.heartbeats.hurry, { once: true });
    const unwatch = deps.statusDocuments.watch(executionId);
    try {
      return await guard.run(markerOf(input), context.cancellationSignal, async (signal) => {
        try {
          return await carryOut(deps, input, heartbeat, signal);
        } finally {
          deps.mailbox.forget(ownerId, task.id, attempt);
          // What it said reaches the sprint before its end does, which may start those whom it was for.
          if (!signal.aborted) await deps.statuses.settle(ownerId, task.id, attempt);
          deps.statuses.forget(ownerId, task.id, attempt);
        }
      });
    } catch (error) {
      throw toThrown(error, context.cancellationSignal);
    } finally {
      unwatch();
      heartbeat.stop();
    }
  };
}

async function carryOut(
  deps: PerformTaskDeps,
  input: PerformTaskInput,
  heartbeat: Heartbeat,
  signal: AbortSignal,
): Promise<PerformTaskResult> {
  signal.throwIfAborted();
  const { executionId, task } = input;
  if (input.announce) announce(deps, input);
  const adapter = await authorizedAdapter(deps.roster, input);
  // Told now rather than after the agent's work; what the agent may have changed meanwhile is found before they run.
  await findChecks(deps, task);
  const log = await deps.store.attemptLog(executionId, task.id, input.attempt);
  const workspace = await deps.workspaces.create({ executionId, taskId: task.id, attempt: input.attempt });

  const outcome = await runAgent(deps, { input, adapter, workspace, log, heartbeat, signal });
  const isUnfinished = (signal.aborted && !(signal.reason instanceof SupersededError)) || !outcome.ok;
  const bundle = isUnfinished && input.keepsHandover ? await leaveHandover(deps, { input, workspace, log }, outcome) : undefined;
  const left = bundle === undefined ? {} : { bundle };
  if (signal.aborted && bundle) throw new AttemptError({ ...toStopped(outcome), log: log.name, bundle });
  signal.throwIfAborted();
  if (!outcome.ok) throw new AttemptError({ ...outcome.failure, checks: [], log: log.name, ...left });

  const specs = toCollect(input, outcome.outputs, log.name);
  await orAgentError(log.name, () => Promise.all(specs.map((spec) => deps.store.checkDeliverable(workspace.work, spec))));
  const checks = await runChecks(deps, input, workspace, signal);
  requirePassed(checks, log.name);

  const deliverables: Deliverable[] = [];
  for (const spec of specs) {
    signal.throwIfAborted();
    const from = { executionId, taskId: task.id, workspace: workspace.work, spec };
    deliverables.push(await orAgentError(log.name, () => deps.store.collectDeliverable(from)));
  }
  await deps.workspaces.remove(workspace);
  const { summary, notes, usage, durationMs } = outcome;
  const lastStatus = toEightFields(outcome.lastStatus, input);
  return { summary, notes, deliverables, checks, usage, lastStatus, durationMs, log: log.name };
}

/** The sprint hears that a worker has taken it. */
function announce({ statuses }: PerformTaskDeps, input: PerformTaskInput): void {
  const identity = { task_id: input.task.id, attempt: input.attempt };
  statuses.report(input.ownerId, { ...toFirstStatus(input, Date.now()), ...identity }, true);
}

interface AttemptRun {
  readonly input: PerformTaskInput;
  readonly adapter: CommandAgentConfig['adapter'];
  readonly workspace: Workspace;
  readonly log: AttemptLog;
  readonly heartbeat: Heartbeat;
  readonly signal: AbortSignal;
}

async function runAgent(deps: PerformTaskDeps, run: AttemptRun): Promise<AgentOutcome> {
  const { input, adapter, workspace, log, signal } = run;
  const inputs = await orInputError(() => materialiseInputs(deps.store, input, workspace, signal));
  const handover = await takeHandover(deps, input, workspace);
  signal.throwIfAborted();
  const gentle = createGentleStop(deps.query, input, signal);
  let agent: RunningAgent | null = null;
  const deliver = (line: JsonObject): boolean => agent?.send(line) ?? false;
  // The runner may report before it has returned.
  agent = deps.runner.start({
    request: toAgentRequest(input, workspace, { inputs, handover }),
    adapter,
    marker: markerOf(input),
    home: workspace.home,
    tmp: workspace.tmp,
    logFile: log.file,
    stallAfterMs: input.stallAfterMs,
    ...(input.silentForMs === undefined ? {} : { silentForMs: input.silentForMs }),
    deadlineAt: input.deadline === null ? null : Date.parse(input.deadline),
    budget: input.allowance ?? null,
    killGraceMs: deps.killGraceMs,
    signal: gentle.signal,
    onStatus: (report) => passOn(deps, run, report, deliver),
    onMessage: createAttemptMessages(deps.statuses, input),
  });
  if (adapter.input === 'stream') listen(deps, input, deliver);
  if (input.allowance) {
    const { ownerId, attempt, task } = input;
    deps.mailbox.watch({ ownerId, taskId: task.id, attempt, onAllowance: (allowance) => agent.allow(allowance) });
  }
  gentle.attend(agent);
  return await agent.outcome;
}

/** What comes for the agent from now on goes to its input. */
function listen({ mailbox, statuses }: PerformTaskDeps, input: PerformTaskInput, deliver: Deliver): void {
  const { ownerId, task, attempt, messages = [], digestOfOthers: digest } = input;
  const received = messages.at(-1)?.sequence ?? 0;
  const onReceipt = (receipt: Receipt): void => statuses.receipt(ownerId, receipt);
  mailbox.listen({ ownerId, taskId: task.id, attempt, received, digest, deliver, onReceipt });
}

/** A report becomes the heartbeat's detail at once; the sprint hears of it in a batch. */
function passOn(deps: PerformTaskDeps, run: AttemptRun, report: RunnerReport, deliver: Deliver): void {
  const { ownerId, task, attempt } = run.input;
  const status = toEightFields(report.status, run.input);
  run.heartbeat.update(status);
  const { question, usage, handover, silent } = report;
  if (question !== null) deps.mailbox.open({ ownerId, taskId: task.id, attempt, questionId: question.id, deliver });
  if (isFinal(status) && !report.urgent) return;
  const identity = { task_id: task.id, attempt };
  deps.statuses.report(
    ownerId,
    {
      ...status,
      ...identity,
      ...(question === null ? {} : { question }),
      ...(usage === null ? {} : { usage }),
      ...(handover === undefined ? {} : { handover }),
      ...(silent === undefined ? {} : { silent }),
    },
    report.urgent || question !== null,
  );
}

const isFinal = ({ status }: AgentStatus): boolean => status === 'completed';

/** Declared deliverables, at the paths that the result names for them. Throws an AttemptError for one that is not declared. */
function toCollect(
  input: PerformTaskInput,
  outputs: readonly { readonly deliverable: string; readonly path: string }[],
  logName: string,
): readonly DeliverableSpec[] {
  const declared = input.task.deliverables;
  const unknown = outputs.find(({ deliverable }) => !declared.some(({ id }) => id === deliverable));
  if (unknown !== undefined) {
    const ids = declared.map(({ id }) => `"${id}"`).join(', ') || 'none';
    const message =
      `The agent's result names the output "${unknown.deliverable}", which task "${input.task.id}" does not declare ` +
      `(declared: ${ids}).`;
    throw new AttemptError(toAttemptFailure({ cause: 'agent', message, exitCode: 0, log: logName }));
  }
  const named = new Map(outputs.map(({ deliverable, path }) => [deliverable, path]));
  return declared.map(({ id, path }) => ({ id, path: named.get(id) ?? path }));
}

/** An agent that leaves no proper deliverable has failed, and may do better. */
async function orAgentError<T>(logName: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    throw new AttemptError(
      toAttemptFailure({ cause: 'agent', message: error.message, exitCode: 0, log: logName, isClaimRefuted: true }),
      error,
    );
  }
}

/** An input that cannot be had is the same for every further attempt. */
async function orInputError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    throw new AttemptError(toAttemptFailure({ cause: 'agent', message: `Input: ${error.message}`, retryable: false }), error);
  }
}
