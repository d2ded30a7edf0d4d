import type { ProposedAmendment } from '../../sprint/proposals.ts';
import { standingOf } from '../standings.ts';
import { decide, type ExecutionTurn } from '../turn.ts';
import { takeAmendment } from './amendments.ts';
import { draftRevision, isNothingToAmend } from './draft-revision.ts';

/** What the chain of an escalation has decided about a task, from its sprint. */
export interface QueuedProposal extends ProposedAmendment {
  readonly sprintId: string;
}

/**
 * Takes what sprints have proposed as amendments of whoever decided, which the plan lets decide: one after the other, and none while a
 * revision awaits its authorization. Costs nothing where nothing has been proposed.
 */
export function takeProposals(turn: ExecutionTurn): void {
  const { state } = turn;
  while (state.proposals && !state.amendments?.pending) {
    const [next, ...rest] = state.proposals;
    if (rest.length === 0) delete state.proposals;
    else state.proposals = rest;
    // After a cancel, and of a sprint that is over, nobody waits for it.
    if (next && !state.cancelling && standingOf(state, next.sprintId)?.state === 'started') takeProposal(turn, next);
  }
}

function takeProposal(turn: ExecutionTurn, { sprintId, n, by, reason, changes }: QueuedProposal): void {
  const { state, effects } = turn;
  const revision = draftRevision(state, { by, changes: [...changes], reason });
  if (revision.ok) return takeAmendment(turn, { ...revision.value, proposal: { sprintId, n } });
  const why = isNothingToAmend(revision.error) ? null : revision.error.message;
  effects.push({ type: 'amendSprint', sprintId, letter: { proposal: { n, why } } });
  if (why === null) return;
  const text = `what ${by} decided in escalation ${n} of sprint ${sprintId} cannot be a revision of the plan: ${why}`;
  decide(turn, 'proposalRefused', text, { sprint: sprintId, escalation: n, by });
}
