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
import { askAgent } from './ask-agent.ts';
import { toQuery } from './messages.ts';
import { openOwnerLine } from './owner-line.ts';
import { createProcedureLoop } from './procedure-loop.ts';
import type { ProcedureStart } from './procedure-messages.ts';

/** A cancel withdraws it: whoever has the task by then keeps it. */
export async function runReallocation(start: ProcedureStart<'reallocation'>): Promise<ReallocationView> {
  const { input, n } = start;
  const state = createReallocation(input, Date.now());
  const line = openOwnerLine(start);
  setHandler(toQuery('status'), () => toReallocationView(state), { description: 'Steps with times, scores, bids, outcome' });
  const carryOut = (effect: ReallocationEffect): void => {
    if (effect.type === 'say') return line.say(effect.said);
    const { agent, withinMs } = effect;
    void askAgent(toOffer(input, `${n}-${agent.id}`, withinMs), agent).then((answer) =>
      loop.happen({ type: 'agentAnswered', at: Date.now(), agent_id: agent.id, answer }),
    );
  };
  const loop = createProcedureLoop<'reallocation', ReallocationEvent>({
    line,
    owner: 'its sprint',
    title: input.text,
    take: (event) => evolveReallocation(state, event).forEach(carryOut),
    outcome: () => state.outcome,
    nextMoment: () => nextMoment(state),
    timeline: () => toReallocationView(state).timeline,
  });
  return CancellationScope.nonCancellable(async () => {
    await line.close(await loop.run());
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
