/**
 * A sprint under way: the loop around the pure state machine of `domain/sprint`. It takes what has come (messages, ends of attempts, the
 * clock), lets `evolve` decide, and carries out the effects: attempts as activities, entries of the ledger, reports to the execution.
 *
 * running ⇄ paused; running, paused → stopping → stopped → running; any → completed, failed, cancelled.
 *
 * When its history is full, new attempts go to a lane while its own end; then it continues as new with everything that it knows, and
 * carries out attempts itself again.
 */
import { CancellationScope } from '@temporalio/workflow';
import type { SprintOutcome } from '../domain/execution/state.ts';
import type { Packable } from '../domain/packed.ts';
import { toSprintEvent } from '../domain/sprint/commands.ts';
import { isFinal } from '../domain/sprint/state.ts';
import { nextWakeUp } from '../domain/sprint/timers.ts';
import { earlierOf } from './alarm-clock.ts';
import type { SprintInput } from './sprint-input.ts';
import { openSprint, type OpenSprint } from './sprint-parts.ts';
import { createSprintRollover } from './sprint-rollover.ts';

/** @param first The input of the first run as it has travelled. */
export function runSprint(input: SprintInput, first: Packable<SprintInput>): Promise<Packable<SprintOutcome>> {
  const { cancelRequested } = CancellationScope.current();
  // All of it: a cancel that comes with the first step would stop the word to a lane, as if the lane were gone, and its agents lost.
  return CancellationScope.nonCancellable(() => carryOut(input, first, cancelRequested));
}

async function carryOut(
  input: SprintInput,
  first: Packable<SprintInput>,
  cancelRequested: Promise<never>,
): Promise<Packable<SprintOutcome>> {
  const parts = openSprint(input);
  const { attempts, clock, happened, lanes, ledger, limits, mailroom, parent, probes, sprint, take } = parts;
  const rollover = createSprintRollover(first, parts);
  cancelRequested.catch(parts.cancel);
  begin(input, parts);
  while (!isFinal(sprint.state.phase) || attempts.count > 0) {
    attempts.launch();
    const hasNews = (): boolean => mailroom.waiting + happened.length > 0;
    await clock.wait(() => hasNews() || attempts.isReady || rollover.isDue, rollover.quietBy ?? nextMoment(parts));
    mailroom.drain();
    const events = happened.splice(0);
    for (const event of events) take(event);
    if (events.length === 0) take({ type: 'timePassed', at: Date.now() });
    ledger.writeIfDue(Date.now());
    lanes.tend(Date.now(), limits.isHalfFull);
    if (attempts.count > 0 && Date.now() >= parent.dueAt) parent.send();
    rollover.prepare();
    if (rollover.isDue && !hasNews()) await rollover.leave();
  }
  parts.publish();
  probes.stop();
  lanes.close();
  await ledger.flush();
  return parent.close();
}

function begin({ earlier, carried }: SprintInput, { sprint, searches, probes, take, publish }: OpenSprint): void {
  if (carried) {
    publish();
    for (const search of carried.searches) searches.start(search);
    probes.start();
    return;
  }
  for (const { name, payload } of earlier ?? []) {
    const event = toSprintEvent(sprint, name, payload, Date.now());
    if (event.ok) take(event.value);
  }
  take({ type: 'started', at: Date.now() });
}

/** When the sprint must look at the clock (Unix ms); null: not before something comes. */
function nextMoment({ sprint, attempts, lanes, ledger, parent }: OpenSprint): number | null {
  if (isFinal(sprint.state.phase)) return null;
  const silence = attempts.count > 0 ? parent.dueAt : null;
  return [ledger.dueAt, lanes.dueAt, silence].reduce(earlierOf, nextWakeUp(sprint.state));
}
