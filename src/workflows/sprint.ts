/**
 * A sprint under way: the loop around the pure state machine of `domain/sprint`. It takes what has come (messages, ends of attempts, the
 * clock), lets `evolve` decide, and carries out the effects: attempts as activities, entries of the ledger, reports to the execution.
 *
 * running ⇄ paused; running, paused → stopping → stopped → running; any → completed, failed, cancelled.
 */
import { CancellationScope, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { toDetailsMarkdown } from '../domain/execution/details-markdown.ts';
import type { EarlierMessage } from '../domain/execution/events.ts';
import type { SprintOutcome } from '../domain/execution/state.ts';
import type { Packable } from '../domain/packed.ts';
import { toSprintEvent } from '../domain/sprint/commands.ts';
import { createSprint } from '../domain/sprint/create-sprint.ts';
import type { SprintDefinition } from '../domain/sprint/definition.ts';
import type { SprintEffect, SprintEvent } from '../domain/sprint/events.ts';
import { evolve } from '../domain/sprint/evolve.ts';
import { isFinal } from '../domain/sprint/state.ts';
import { nextWakeUp } from '../domain/sprint/timers.ts';
import { toSprintStatusView } from '../domain/sprint/view.ts';
import { createAlarmClock, earlierOf } from './alarm-clock.ts';
import { createExposure } from './exposure.ts';
import { createLedgerWriter } from './ledger-writer.ts';
import { searchOrder } from './order-search.ts';
import { createParentReporter } from './report-to-parent.ts';
import { createRunningAttempts } from './running-attempts.ts';
import { openSprintMailroom } from './sprint-mailroom.ts';
import { tellPeople } from './tell-people.ts';

/** Input of a sprint as its execution starts it: resolved and authorized. */
export interface SprintInput {
  readonly definition: SprintDefinition;
  readonly project: string;
  readonly planHash: string;
  readonly heartbeatTimeoutMs: number;
  readonly notify: readonly string[];
  readonly searchAttributes: boolean;
  /** What was said of its agents and tasks before it started. */
  readonly earlier?: readonly EarlierMessage[];
}

export async function runSprint(input: SprintInput): Promise<Packable<SprintOutcome>> {
  const { definition } = input;
  const sprint = createSprint(definition, Date.now());
  const happened: SprintEvent[] = [];
  const attempts = createRunningAttempts(input.heartbeatTimeoutMs, (event) => happened.push(event));
  const ledger = createLedgerWriter(definition.executionId, definition.ownerId);
  const parent = createParentReporter(sprint);
  const clock = createAlarmClock();
  const expose = createExposure();
  const mailroom = openSprintMailroom(sprint, (event) => take(event), workflowInfo().workflowId);
  CancellationScope.current().cancelRequested.catch(() => happened.push({ type: 'cancelRequested', at: Date.now() }));

  return CancellationScope.nonCancellable(async () => {
    for (const { name, payload } of input.earlier ?? []) {
      const event = toSprintEvent(sprint, name, payload, Date.now());
      if (event.ok) take(event.value);
    }
    take({ type: 'started', at: Date.now() });
    while (!isFinal(sprint.state.phase) || attempts.count > 0) {
      const until = isFinal(sprint.state.phase) ? null : earlierOf(nextWakeUp(sprint.state), ledger.dueAt);
      await clock.wait(() => mailroom.waiting + happened.length > 0, until);
      mailroom.drain();
      const events = happened.splice(0);
      for (const event of events) take(event);
      if (events.length === 0) take({ type: 'timePassed', at: Date.now() });
      ledger.writeIfDue(Date.now());
    }
    publish();
    await ledger.flush();
    return parent.close();
  });

  function take(event: SprintEvent): void {
    for (const effect of evolve(sprint, event)) carryOut(effect);
  }

  function carryOut(effect: SprintEffect): void {
    switch (effect.type) {
      case 'perform':
        return attempts.start(effect);
      case 'cancelAttempt':
        return attempts.cancel(effect.taskId, effect.attempt);
      case 'journal':
        ledger.add(effect);
        return parent.note(effect);
      case 'searchOrder':
        return void searchOrder(sprint, effect.search).then((event) => happened.push(event));
      case 'notify':
        return tellPeople(input.notify, definition.executionId, effect);
      case 'report':
        publish();
        return parent.send();
    }
  }

  function publish(): void {
    const status = toSprintStatusView(sprint);
    setCurrentDetails(toDetailsMarkdown(status));
    const { phase, inbox } = status;
    const { project, planHash, searchAttributes } = input;
    expose({ phase, needsPerson: inbox.length > 0, project, sprint: definition.sprint.id, planHash }, searchAttributes);
  }
}
