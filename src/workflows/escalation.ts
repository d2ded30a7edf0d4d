/**
 * An escalation: asks the levels of a chain one after the other until somebody decides, and ends as declared when nobody does. It decides
 * nothing about the work itself: its owner carries out the outcome.
 *
 * asked (level 1) → asked (level 2) → … → decided | silent | withdrawn, then a review is written.
 */
import { CancellationScope, proxyActivities, setHandler } from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';
import type { AgentQuestion } from '../domain/agent-question.ts';
import {
  createEscalation,
  evolveEscalation,
  nextMoment,
  type EscalationEffect,
  type EscalationEvent,
  type EscalationOutcome,
  type EscalationState,
} from '../domain/escalation/escalation.ts';
import { toEscalationView } from '../domain/escalation/review.ts';
import { askAgent } from './ask-agent.ts';
import { toQuery } from './messages.ts';
import { openOwnerLine } from './owner-line.ts';
import type { ProcedureStart } from './procedure-messages.ts';
import { createProcedureLoop } from './procedure-loop.ts';

const { writeReview } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '10 seconds', maximumAttempts: 20 },
  summary: 'write the review',
});

/** A cancel withdraws it: the chain is not asked any further. */
export async function runEscalation(start: ProcedureStart<'escalation'>): Promise<EscalationOutcome> {
  const state = createEscalation(start.input, Date.now());
  const line = openOwnerLine(start);
  setHandler(toQuery('status'), () => toEscalationView(state), { description: 'Cause, levels, timeline, outcome' });
  const carryOut = (effect: EscalationEffect): void => {
    if (effect.type === 'say') return line.say(effect.said);
    const { level, agent, withinMs } = effect;
    void askAgent(toQuestion(start, state, { level, withinMs }), agent).then((answer) =>
      loop.happen({ type: 'agentAnswered', at: Date.now(), level, agent_id: agent.id, answer }),
    );
  };
  const loop = createProcedureLoop<'escalation', EscalationEvent>({
    line,
    owner: 'its owner',
    title: start.input.cause.title,
    take: (event) => evolveEscalation(state, event).forEach(carryOut),
    outcome: () => state.outcome,
    nextMoment: () => nextMoment(state),
    timeline: () => toEscalationView(state).timeline,
  });
  return CancellationScope.nonCancellable(async () => {
    const outcome = await loop.run();
    await Promise.all([line.close(outcome), review(start, state)]);
    return outcome;
  });
}

/** A review that cannot be written holds up nobody: what it would say is in the query and in the ledger. */
async function review({ ownerId, n, input }: ProcedureStart<'escalation'>, state: EscalationState): Promise<void> {
  const name = `${input.sprint ?? 'execution'}-escalation-${n}`;
  const view = toEscalationView(state);
  await writeReview({ executionId: input.executionId, name, title: `${ownerId}/escalation/${n}`, view }).catch(() => undefined);
}

function toQuestion(
  { n, input }: ProcedureStart<'escalation'>,
  { timeline }: EscalationState,
  { level, withinMs }: { readonly level: number; readonly withinMs: number },
): AgentQuestion {
  const { cause, options, takes, executionId, sprint } = input;
  return {
    executionId,
    sprint,
    id: `${sprint ?? 'execution'}-escalation-${n}-${level}`,
    kind: input.policy.levels[level - 1]?.asks ?? 'escalation',
    title: cause.title,
    text: cause.text,
    options,
    data: {
      cause: cause.kind,
      severity: cause.severity,
      task: cause.task,
      evidence: cause.evidence,
      events: timeline.length,
      ...(takes ? { takes: { ...takes } } : {}),
    },
    withinMs,
  };
}
