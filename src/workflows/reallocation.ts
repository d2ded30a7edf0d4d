/**
 * A reallocation: finds out who takes a task over from an agent that does not get on with it, has it handed over, and sees whether the new one
 * goes on. It touches neither tasks nor attempts itself: its sprint does what it says, and tells it what came of that.
 *
 * detection → assessment → negotiation → handover → validation → moved; handover and validation again with the next agent, until none is
 * left → failed; withdrawn as soon as there is nothing to move any more.
 */
import { CancellationScope, setHandler } from '@temporalio/workflow';
import type { AgentQuestion } from '../domain/agent-question.ts';
import { createReallocation, evolveReallocation, nextMoment } from '../domain/reallocation/evolve.ts';
import {
  OFFER_OPTIONS,
  type ReallocationEffect,
  type ReallocationEvent,
  type ReallocationInput,
} from '../domain/reallocation/reallocation.ts';
import { toReallocationView, type ReallocationView } from '../domain/reallocation/view.ts';
import { createAlarmClock } from './alarm-clock.ts';
import { askAgent } from './ask-agent.ts';
import { toQuery } from './messages.ts';
import { openOwnerLine } from './owner-line.ts';
import { createPublisher } from './procedure-details.ts';
import type { ProcedureStart } from './procedure-messages.ts';

/** A cancel withdraws it: whoever has the task by then keeps it. */
export async function runReallocation(start: ProcedureStart<'reallocation'>): Promise<ReallocationView> {
  const { input, n } = start;
  const state = createReallocation(input, Date.now());
  const happened: ReallocationEvent[] = [{ type: 'started', at: Date.now() }];
  const line = openOwnerLine(start);
  const clock = createAlarmClock();
  const publish = createPublisher();
  setHandler(toQuery('status'), () => toReallocationView(state), { description: 'Steps with times, scores, bids, outcome' });
  const withdraw = (reason: string): void =>
    void happened.push({ type: 'heard', at: Date.now(), news: { type: 'withdrawn', reason } });
  CancellationScope.current().cancelRequested.catch(() => withdraw('cancelled'));

  const carryOut = (effect: ReallocationEffect): void => {
    if (effect.type === 'say') return line.say(effect.said);
    const { agent, withinMs } = effect;
    void askAgent(toOffer(input, `${n}-${agent.id}`, withinMs), agent).then((answer) =>
      happened.push({ type: 'agentAnswered', at: Date.now(), agent_id: agent.id, answer }),
    );
  };
  return CancellationScope.nonCancellable(async () => {
    for (;;) {
      if (line.isOwnerGone) withdraw('its sprint is gone');
      const heard = line.take().map((news): ReallocationEvent => ({ type: 'heard', at: Date.now(), news }));
      const events = [...happened.splice(0), ...heard];
      if (events.length === 0) events.push({ type: 'timePassed', at: Date.now() });
      for (const event of events) for (const effect of evolveReallocation(state, event)) carryOut(effect);
      publish(input.text, toReallocationView(state).timeline);
      if (state.outcome !== null) break;
      await clock.wait(() => happened.length > 0 || line.hasNews || line.isOwnerGone, nextMoment(state));
    }
    clock.disarm();
    await line.close(state.outcome);
    return toReallocationView(state);
  });
}

function toOffer(
  { executionId, sprint, task, trigger, text, from }: ReallocationInput,
  name: string,
  withinMs: number,
): AgentQuestion {
  return {
    executionId,
    sprint,
    id: `${sprint}-offer-${name}`,
    kind: 'offer',
    title: `Take over "${task.title}"?`,
    text,
    options: OFFER_OPTIONS,
    data: { task: { ...task }, trigger, from, sprint },
    withinMs,
  };
}
