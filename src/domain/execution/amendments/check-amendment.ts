import type { Refusal } from '../../failure.ts';
import { amendPlanSchema } from '../../messages.ts';
import { parseMessage } from '../../parse-message.ts';
import { err, ok, type Result } from '../../result.ts';
import type { ExecutionState } from '../state.ts';
import { draftRevision } from './draft-revision.ts';
import type { Revision } from './revision.ts';

/** May the plan be amended so, by this person, as it stands? */
export function checkAmendment(state: ExecutionState, raw: unknown): Result<{ isDryRun: boolean; revision: Revision }, Refusal> {
  const refuse = (type: Refusal['type'], message: string): Result<never, Refusal> => err({ type, message });
  const body = parseMessage(amendPlanSchema, raw);
  if (!body.ok) return body;
  const { phase, authorization, amendments, cancelling } = state;
  if (!authorization.documented || cancelling) {
    const message = `amendPlan is possible once the plan is authorized; the phase is ${phase}`;
    return refuse(
      'NotAllowedInPhase',
      cancelling ? 'the execution is being cancelled' : `${message}: reject it and start the amended plan`,
    );
  }
  const { policy } = authorization;
  const { by } = body.value;
  if (policy?.mode === 'named' && !policy.approvers.includes(by))
    return refuse('NotAnApprover', `"${by}" may not amend the plan; expected one of: ${policy.approvers.join(', ')}`);
  const pending = amendments?.pending;
  if (pending) {
    const message = `revision ${pending.revision.revision} awaits its authorization: approve or reject it first`;
    return refuse('NotAllowedInPhase', message);
  }
  const revision = draftRevision(state, body.value);
  return revision.ok ? ok({ isDryRun: body.value.dryRun === true, revision: revision.value }) : revision;
}
