/**
 * A sprint under way: the loop around the pure state machine of `domain/sprint`. It takes what has come (messages, ends of attempts, the
 * clock), lets `evolve` decide, and carries out the effects: attempts as activities, entries of the ledger, reports to the execution.
 *
 * running ⇄ paused; running, paused → stopping → stopped → running; any → completed, failed, cancelled.
 */
import {
  CancellationScope,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';
import { toDetailsMarkdown } from '../domain/execution/report-markdown.ts';
import type { SprintOutcome } from '../domain/execution/state.ts';
import { createSprint } from '../domain/sprint/create-sprint.ts';
import type { SprintDefinition } from '../domain/sprint/definition.ts';
import type { SprintEffect, SprintEvent } from '../domain/sprint/events.ts';
import { evolve } from '../domain/sprint/evolve.ts';
import { toProgress, toTaskView } from '../domain/sprint/progress.ts';
import { isFinal } from '../domain/sprint/state.ts';
import { nextWakeUp } from '../domain/sprint/timers.ts';
import { toSprintStatusView } from '../domain/sprint/view.ts';
import { createAlarmClock } from './alarm-clock.ts';
import { performAttempt, toAttemptFailure } from './attempt-activity.ts';
import { createExposure } from './exposure.ts';
import { createLedgerWriter } from './ledger-writer.ts';
import { createParentReporter } from './report-to-parent.ts';
import { openSprintMailroom } from './sprint-mailroom.ts';

/** Input of a sprint as its execution starts it: resolved and authorized. */
export interface SprintInput {
  readonly definition: SprintDefinition;
  readonly project: string;
  readonly planHash: string;
  readonly heartbeatTimeoutMs: number;
  readonly notify: readonly string[];
  readonly searchAttributes: boolean;
}

const { notify } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { maximumAttempts: 3 },
  summary: 'tell people',
});

export async function runSprint(input: SprintInput): Promise<SprintOutcome> {
  const { definition } = input;
  const sprint = createSprint(definition, Date.now());
  const happened: SprintEvent[] = [];
  const attempts = new Map<string, CancellationScope>();
  const ledger = createLedgerWriter(definition.executionId, definition.ownerId);
  const parent = createParentReporter(sprint);
  const clock = createAlarmClock();
  const expose = createExposure();
  const mailroom = openSprintMailroom(sprint, (event) => take(event), workflowInfo().workflowId);
  CancellationScope.current().cancelRequested.catch(() => happened.push({ type: 'cancelRequested', at: Date.now() }));

  await CancellationScope.nonCancellable(async () => {
    take({ type: 'started', at: Date.now() });
    while (!isFinal(sprint.state.phase) || attempts.size > 0) {
      const until = isFinal(sprint.state.phase) ? null : nextWakeUp(sprint.state);
      await clock.wait(() => mailroom.waiting + happened.length > 0, until);
      mailroom.drain();
      const events = happened.splice(0);
      for (const event of events) take(event);
      if (events.length === 0) take({ type: 'timePassed', at: Date.now() });
      ledger.writeIfDue(Date.now());
    }
    publish();
    await ledger.flush();
  });
  return { sprintId: definition.sprint.id, progress: toProgress(sprint, 200), tasks: sprint.state.tasks.map((_run, number) => toTaskView(sprint, number)) };

  function take(event: SprintEvent): void {
    for (const effect of evolve(sprint, event)) carryOut(effect);
  }

  function carryOut(effect: SprintEffect): void {
    switch (effect.type) {
      case 'perform':
        return start(effect);
      case 'cancelAttempt':
        return attempts.get(`${effect.taskId}#${effect.attempt}`)?.cancel();
      case 'journal':
        ledger.add(effect);
        return parent.note({ ...effect, at: new Date(effect.at).toISOString() });
      case 'notify': {
        if (input.notify.length === 0) return;
        const event = { kind: effect.kind, executionId: definition.executionId, title: effect.title, text: effect.text };
        return void notify({ channels: input.notify, event }).catch(() => undefined);
      }
      case 'report':
        publish();
        return parent.send();
    }
  }

  function start(effect: Extract<SprintEffect, { type: 'perform' }>): void {
    const { task, attempt } = effect.input;
    const key = `${task.id}#${attempt}`;
    const scope = new CancellationScope({ cancellable: true });
    attempts.set(key, scope);
    const end = (event: Record<string, unknown>): void => {
      attempts.delete(key);
      happened.push({ ...event, taskId: task.id, attempt, at: Date.now() } as SprintEvent);
    };
    scope
      .run(() => performAttempt(effect, input.heartbeatTimeoutMs))
      .then(
        ({ summary, deliverables }) => end({ type: 'taskFinished', summary, deliverables }),
        (error: unknown) => end({ type: 'attemptFailed', failure: toAttemptFailure(error) }),
      );
  }

  function publish(): void {
    const status = toSprintStatusView(sprint);
    setCurrentDetails(toDetailsMarkdown(status));
    const { phase, inbox } = status;
    expose({ phase, needsPerson: inbox.length > 0, project: input.project, sprint: definition.sprint.id, planHash: input.planHash }, input.searchAttributes);
  }
}

