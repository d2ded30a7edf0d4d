import { clip } from '../../clip.ts';
import { toIso } from '../../iso-time.ts';
import type { Authorize } from '../../messages.ts';
import type { JsonObject } from '../../plan/plan.ts';
import type { AuthorizationPolicy } from '../../config/config.ts';
import type { Prepared } from '../../prepared.ts';
import { tellItem } from '../notices.ts';
import { measureSprint } from '../sprints.ts';
import { standingOf } from '../standings.ts';
import type { ExecutionState, SprintStanding } from '../state.ts';
import { decide, type ExecutionTurn } from '../turn.ts';
import { mergeReadiness } from './additions.ts';
import { toPendingItem, toPendingReview } from './pending-item.ts';
import type { AmendmentsState, PendingRevision, Revision, RevisionView } from './revision.ts';
import { toSprintAmendment } from './sprint-part.ts';
import { toFigures } from './thresholds.ts';

/**
 * An amendment that has been checked. Within what has been authorized it is in force at once. Otherwise what it touches waits for an
 * authorization of its own, and the plan stays as it was until then: a rejection has nothing to undo.
 */
export function takeAmendment(turn: ExecutionTurn, revision: Revision): void {
  const { state } = turn;
  const prepared = state.prepared as Prepared;
  const amendments = (state.amendments ??= { count: 0, revisions: [], authorized: toFigures(prepared.resolved), pending: null });
  amendments.count = revision.revision;
  const isAwaited = revision.voids.length > 0;
  list(amendments, { ...toView(revision, toIso(state.now)), state: isAwaited ? 'awaitingAuthorization' : 'inForce' });
  const how = isAwaited ? `it needs an authorization of its own: ${revision.voids.join('; ')}` : 'it is in force';
  decide(turn, 'planAmended', `${revision.by} amended the plan, revision ${revision.revision}: ${how}`, facts(revision), {
    changes: revision.changes,
    differences: revision.differences.map(({ text }) => text),
  });
  if (isAwaited) holdBack(turn, amendments, revision);
  else putInForce(turn, revision);
}

const facts = ({ revision, by, reason, planHash, previousHash, voids }: Revision): JsonObject => ({
  revision,
  by,
  reason,
  planHash,
  previousHash,
  voided: voids,
});

const MAX_REVISIONS = 50;
const MAX_LINES = 20;
const MAX_LINE = 200;

function toView({ revision, by, reason, planHash, previousHash, differences, voids }: Revision, at: string) {
  const lines = differences.slice(0, MAX_LINES).map(({ text }) => clip(text, MAX_LINE));
  const left = differences.length - lines.length;
  return {
    revision,
    at,
    by,
    reason: reason === null ? null : clip(reason, MAX_LINE),
    planHash,
    previousHash,
    differences: left > 0 ? [...lines, `and ${left} more`] : lines,
    voided: voids.slice(0, MAX_LINES).map((text) => clip(text, MAX_LINE)),
  };
}

function list(amendments: AmendmentsState, view: RevisionView): void {
  amendments.revisions = [...amendments.revisions, view].slice(-MAX_REVISIONS);
}

function mark({ revisions }: AmendmentsState, revision: number, how: Partial<RevisionView>): void {
  const place = revisions.findIndex((view) => view.revision === revision);
  if (place >= 0) revisions[place] = { ...(revisions[place] as RevisionView), ...how };
}

/** For the sprint whose escalation has decided it. */
const proposalOf = ({ proposal }: Revision, sprintId: string): { proposal?: number } =>
  proposal?.sprintId === sprintId ? { proposal: proposal.n } : {};

/** What the revision changes must not start before it is decided on; everything else goes on. */
function holdBack(turn: ExecutionTurn, amendments: AmendmentsState, revision: Revision): void {
  const { state, effects } = turn;
  const policy = state.authorization.policy as AuthorizationPolicy;
  amendments.pending = {
    revision,
    since: toIso(state.now),
    expiresAtMs: state.now + policy.expiresMs,
    review: toPendingReview(state, revision),
    approvals: [],
    granted: false,
  };
  for (const { sprintId, amendment } of revision.sprints) {
    const taskIds = (amendment.tasks ?? []).map(({ id }) => id);
    effects.push({
      type: 'amendSprint',
      sprintId,
      letter: { hold: { revision: revision.revision, taskIds }, ...proposalOf(revision, sprintId) },
    });
  }
  tellItem(turn, toPendingItem(state, amendments.pending));
}

/** An approval, of which there may have to be several, or a rejection; it has been checked. */
export function decideAmendment(turn: ExecutionTurn, pending: PendingRevision, decision: Authorize): void {
  const { state, effects } = turn;
  const { revision } = pending.revision;
  const note = decision.note ?? null;
  if (decision.decision === 'reject')
    return dropAmendment(turn, pending, `rejected by ${decision.by}: ${note ?? 'no reason given'}`);
  if (pending.granted || pending.approvals.some(({ by }) => by === decision.by)) return;
  pending.approvals.push({ by: decision.by, at: toIso(state.now), signed: false, note });
  const { required } = state.authorization.policy as AuthorizationPolicy;
  const text = `${decision.by} approved revision ${revision} of the plan (${pending.approvals.length} of ${required})`;
  decide(turn, 'approved', text, { by: decision.by, planHash: pending.revision.planHash, revision, note });
  if (pending.approvals.length < required) return;
  pending.granted = true;
  effects.push({ type: 'document' });
}

/** The authorization of the revision stands in the ledger: only now is it in force. */
export function beginAmendment(turn: ExecutionTurn): void {
  const { amendments } = turn.state;
  const pending = amendments?.pending;
  if (!amendments || !pending?.granted) return;
  amendments.pending = null;
  putInForce(turn, withLateParts(turn.state, pending.revision));
  amendments.authorized = toFigures(pending.revision.resolved);
  mark(amendments, pending.revision.revision, { state: 'inForce' });
  turn.state.authorization.approvals.push(...pending.approvals);
}

/** What it means for sprints that have started since: those that it does not change by name did not wait for it. */
function withLateParts(state: ExecutionState, revision: Revision): Revision {
  const late = state.sprints.flatMap(({ id, state: now }) => {
    if (now !== 'started' || revision.sprints.some(({ sprintId }) => sprintId === id)) return [];
    const amendment = toSprintAmendment(state, revision.resolved, id, { revision: revision.revision, restart: [] });
    return amendment ? [{ sprintId: id, amendment }] : [];
  });
  return { ...revision, sprints: [...revision.sprints, ...late] };
}

/** The plan stays as it was. */
export function dropAmendment(turn: ExecutionTurn, { revision }: PendingRevision, why: string): void {
  const amendments = turn.state.amendments as AmendmentsState;
  amendments.pending = null;
  mark(amendments, revision.revision, { state: 'rejected', rejection: clip(why, MAX_LINE) });
  decide(turn, 'amendmentDropped', `revision ${revision.revision} of the plan is dropped: ${why}`, {
    revision: revision.revision,
  });
  for (const { sprintId } of revision.sprints)
    turn.effects.push({ type: 'amendSprint', sprintId, letter: { release: revision.revision, why } });
}

function putInForce(turn: ExecutionTurn, revision: Revision): void {
  const { state, effects } = turn;
  const { resolved, planHash, touchedSprints } = revision;
  const prepared = state.prepared as Prepared;
  const readiness = mergeReadiness(prepared.readiness, revision.readiness);
  state.prepared = { ...prepared, resolved, planHash, readiness };
  for (const id of touchedSprints) Object.assign(standingOf(state, id) as SprintStanding, measureSprint(resolved, id));
  for (const { sprintId, amendment } of revision.sprints) {
    if (standingOf(state, sprintId)?.state === 'started')
      effects.push({ type: 'amendSprint', sprintId, letter: { amendment, ...proposalOf(revision, sprintId) } });
  }
  for (const { kind, field, task = '' } of revision.differences)
    if (kind === 'taskChanged' && field === 'agent' && state.reassignments) delete state.reassignments[task];
  decide(turn, 'revisionInForce', `revision ${revision.revision} of the plan is in force: ${planHash}`, {
    revision: revision.revision,
    planHash,
  });
}
