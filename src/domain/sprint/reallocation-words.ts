import { clip } from '../clip.ts';
import type { Respond } from '../messages.ts';
import type { Json } from '../plan/plan.ts';
import { OFFER_OPTIONS, type ReallocationOutcome, type ReallocationSaid } from '../reallocation/reallocation.ts';
import { holdForDecision, severityOf, startEscalation, toEscalationKey } from './escalations.ts';
import { isPersonThere } from './giving-way.ts';
import { openItem } from './inbox.ts';
import { closeMove, offerItemId, tellMove, type OpenReallocation, type TaskMoves } from './moves.ts';
import { giveBack, startMoved } from './reallocations.ts';
import { toTaskQuestion } from './task-questions.ts';
import { isAtWork, type OpenItem } from './state.ts';
import { agentProfile, agentRun, decide, taskRun, taskSpec, type Turn } from './turn.ts';
import { putBackAttempt, withdrawAttempt } from './withdrawal.ts';

/** What the child says: how it scores the candidates, which people it asks, to whom the work goes. */
export function takeReallocationWord(turn: Turn, n: number, said: ReallocationSaid): void {
  const open = turn.state.reallocations?.[n];
  if (!open) return;
  const { id, title } = taskSpec(turn, open.task);
  switch (said.type) {
    case 'assessed': {
      const text = said.assessments.map(({ agent_id, score, text: why }) => `${agent_id} ${score} (${why})`).join(', ');
      return decide(turn, 'candidatesAssessed', clip(`candidates for "${title}": ${text || 'none'}`, 2_000), {
        reallocation: n,
        task: id,
      });
    }
    case 'offered':
      if (said.deadline > turn.state.now) for (const agentId of said.agents) offer(turn, open, agentId, said.deadline);
      return;
    case 'awarded':
      return award(turn, open, said);
  }
}

function offer(turn: Turn, { n, task }: OpenReallocation, agentId: string, deadline: number): void {
  const { id, title, description } = taskSpec(turn, task);
  const { human } = agentProfile(turn, turn.index.agentNumber.get(agentId) as number);
  openItem(
    turn,
    {
      itemId: offerItemId(id, n, agentId),
      kind: 'offer',
      title: clip(`${agentId}: take over "${title}"?`, 300),
      question: clip(description ?? title, 2_000),
      options: [...OFFER_OPTIONS],
      people: human?.people ?? [agentId],
      otherwise: 'it is offered to others',
      sprint: turn.definition.sprint.id,
      task: id,
    },
    deadline - turn.state.now,
  );
}

/** A person has answered an offer. */
export function passOnBid(turn: Turn, { itemId }: OpenItem, { by, decision, note, data }: Respond): void {
  for (const { n, task } of Object.values(turn.state.reallocations as Record<string, OpenReallocation>)) {
    const prefix = offerItemId(taskSpec(turn, task).id, n, '');
    if (!itemId.startsWith(prefix)) continue;
    const agent_id = itemId.slice(prefix.length);
    tellMove(turn, n, { type: 'bid', agent_id, by, decision, note: note ?? null, data: (data ?? null) as Json });
  }
}

/** Whoever has the work hands it over; with nobody at work on it, it goes there at once. */
function award(turn: Turn, open: OpenReallocation, { agent_id, why }: Extract<ReallocationSaid, { type: 'awarded' }>): void {
  const { n, task } = open;
  const { id, title } = taskSpec(turn, task);
  const agent = turn.index.agentNumber.get(agent_id) as number;
  const { active, available, capacity } = agentRun(turn, agent);
  if (!active || !available || capacity === 0)
    return tellMove(turn, n, { type: 'refused', agent_id, reason: `${agent_id} is not at hand any more` });
  decide(turn, 'workAwarded', `"${title}" goes to ${agent_id}: ${why}`, { reallocation: n, task: id, agent_id });
  open.to = agent;
  if (!isAtWork(taskRun(turn, task).state)) return startMoved(turn, open);
  open.stage = 'stopping';
  const give = isPersonThere(turn, task) ? putBackAttempt : withdrawAttempt;
  give(turn, task, `handed over to ${agent_id}`);
}

/** It has ended: the work is where it should be, or nobody has taken it over and people are asked. */
export function endReallocation(turn: Turn, n: number, outcome: ReallocationOutcome | null, reason: string | null): void {
  const open = turn.state.reallocations?.[n];
  if (!open) return;
  const { id, title } = taskSpec(turn, open.task);
  const facts = { reallocation: n, task: id, result: outcome?.result ?? null, agent_id: outcome?.agent_id ?? null };
  const text = outcome?.reason ?? `it ended without an outcome: ${reason ?? 'no reason known'}`;
  decide(turn, 'reallocationEnded', `reallocation ${n} of "${title}" ended: ${text}`, facts);
  if (outcome?.result !== 'failed') return giveBack(turn, open, () => closeMove(turn, open));
  open.failure = text;
  const isStuck = open.stage === 'validating' && !open.signs.moving && isAtWork(taskRun(turn, open.task).state);
  if (!isStuck) return returnTask(turn, open);
  open.stage = 'returning';
  withdrawAttempt(turn, open.task, `"${title}" was not taken over: ${text}`);
}

/** Attempts that a failed reallocation has had ended, and that have. Costs as much as there are reallocations under way. */
export function returnTasks(turn: Turn): void {
  for (const n in turn.state.reallocations) {
    const open = turn.state.reallocations[n] as OpenReallocation;
    if (open.stage === 'returning' && !isAtWork(taskRun(turn, open.task).state)) returnTask(turn, open);
  }
}

/**
 * Compensation: the task is as it was before, with slot and leases given back, its attempts fenced and none of its budget used. People
 * decide how it goes on; an attempt that is still at work goes on meanwhile.
 */
function returnTask(turn: Turn, open: OpenReallocation): void {
  const run = taskRun(turn, open.task);
  const isEscalated = turn.state.phase === 'running' && escalate(turn, open);
  if (isEscalated && run.state === 'waiting' && run.moves?.isHeld) {
    closeMove(turn, open);
    holdForDecision(turn, open.task);
  } else giveBack(turn, open, () => closeMove(turn, open));
}

function escalate(turn: Turn, { n, task, trigger, from, failure }: OpenReallocation): boolean {
  const { id, title } = taskSpec(turn, task);
  const { priority, state, moves } = taskRun(turn, task);
  const cause = {
    key: toEscalationKey(id),
    kind: 'reallocationFailed',
    severity: severityOf(priority),
    title: `"${title}" could not be reallocated`,
    text: failure as string,
    task: id,
    agent_id: agentProfile(turn, from).id,
    evidence: { trigger, reallocation: n, reallocations: (moves as TaskMoves).count },
    measures: [isAtWork(state) ? 'the attempt at work goes on' : 'the task waits, and what depends on it'],
  } as const;
  if (isAtWork(state)) return startEscalation(turn, cause, ['keep', 'stop']);
  const { options, takes } = toTaskQuestion(turn, task);
  return startEscalation(turn, cause, options, takes);
}
