import { clip } from '../clip.ts';
import type { Refusal } from '../failure.ts';
import { authorizeSchema, type Authorize } from '../messages.ts';
import { parseMessage } from '../parse-message.ts';
import { err, ok, type Result } from '../result.ts';
import { toIso } from '../iso-time.ts';
import type { PendingRevision } from './amendments/revision.ts';
import type { Prepared } from '../prepared.ts';
import { isExecutionFinal, type ExecutionState } from './state.ts';

/**
 * The four verifications of the EXECUTE document before anything starts: the plan was reviewed (the decision names the hash of the exact
 * resolved plan and says so), permission is explicit (a decision by someone who may give it), it is documented (the caller writes it to
 * the ledger before it counts), and the emergency stop is active (drilled by `prepare`) and understood.
 */
export function checkAuthorize(state: ExecutionState, raw: unknown): Result<Authorize, Refusal> {
  const pending = isExecutionFinal(state.phase) ? null : (state.amendments?.pending ?? null);
  const open = pending ? checkPending(pending) : checkOpen(state);
  if (!open.ok) return open;
  const parsed = parseMessage(authorizeSchema, raw);
  if (!parsed.ok) return parsed;
  const decision = parsed.value;
  const person = checkPerson(state, decision);
  if (!person.ok) return person;
  return decision.decision === 'reject' ? ok(decision) : checkApproval(state, decision);
}

const checkPending = ({ granted }: PendingRevision): Result<void, Refusal> =>
  granted
    ? err({ type: 'AlreadyDecided', message: 'the revision has been approved and is about to be in force' })
    : ok(undefined);

function checkOpen({ phase, authorization, now }: ExecutionState): Result<void, Refusal> {
  if (phase === 'preparing')
    return err({
      type: 'NotAllowedInPhase',
      message: 'the plan is still being prepared; ask `authorization` for its hash first',
    });
  if (authorization.rejection?.by === null) return err({ type: 'Expired', message: authorization.rejection.reason });
  if (authorization.rejection || authorization.granted) {
    return err({ type: 'AlreadyDecided', message: `the authorization has been decided; the phase is ${phase}` });
  }
  if (isExecutionFinal(phase))
    return err({ type: 'NotAllowedInPhase', message: `authorize is not possible: the execution has ended (${phase})` });
  if (phase !== 'awaitingAuthorization') {
    return err({ type: 'NotAllowedInPhase', message: `authorize is not possible while ${phase}; resume first` });
  }
  if (authorization.expiresAtMs !== null && now >= authorization.expiresAtMs) {
    return err({ type: 'Expired', message: `the time to authorize ended at ${toIso(authorization.expiresAtMs)}` });
  }
  return ok(undefined);
}

/** Whoever has approved may still reject while others are waited for, which is the safe way round. */
function checkPerson({ amendments, authorization }: ExecutionState, { by, decision }: Authorize): Result<void, Refusal> {
  const { policy } = authorization;
  const { approvals } = amendments?.pending ?? authorization;
  if (policy?.mode === 'named' && !policy.approvers.includes(by)) {
    return err({ type: 'NotAnApprover', message: `"${by}" is not an approver; expected one of: ${policy.approvers.join(', ')}` });
  }
  if (decision === 'approve' && approvals.some((approval) => approval.by === by)) {
    return err({
      type: 'AlreadyDecided',
      message: `"${by}" has approved already; ${policy?.required} distinct people are required`,
    });
  }
  return ok(undefined);
}

const MAX_FAULTS = 2_000;

function checkApproval({ amendments, prepared }: ExecutionState, decision: Authorize): Result<Authorize, Refusal> {
  if (decision.planHash === undefined)
    return err({ type: 'InvalidMessage', message: 'planHash: expected the hash of the plan as reviewed' });
  const planHash = amendments?.pending?.revision.planHash ?? prepared?.planHash;
  if (decision.planHash !== planHash) {
    return err({
      type: 'WrongHash',
      message: `expected ${planHash}, got "${decision.planHash}": review the plan as it is now`,
    });
  }
  if (decision.reviewed !== true)
    return err({ type: 'InvalidMessage', message: 'reviewed: expected true: review the plan before approving' });
  if (decision.emergencyStopUnderstood !== true) {
    return err({
      type: 'InvalidMessage',
      message: 'emergencyStopUnderstood: expected true: know how to stop it before approving',
    });
  }
  const unready = (prepared as Prepared).readiness.filter((item) => !item.ok);
  if (unready.length > 0) {
    const faults = clip(unready.map(({ name, detail }) => `${name}: ${detail}`).join('; '), MAX_FAULTS);
    return err({ type: 'NotAllowedInPhase', message: `not ready: ${faults}. Mend this and start the plan again` });
  }
  return ok(decision);
}
