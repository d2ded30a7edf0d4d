import type { Refusal } from '../failure.ts';
import type { Rollback } from '../messages.ts';
import { err, ok, type Result } from '../result.ts';
import { forward } from './forwarding.ts';
import { startSprintRollback } from './sprint-rollbacks.ts';
import { standingOf } from './standings.ts';
import type { ExecutionState, SprintStanding } from './state.ts';
import { decide, type ExecutionTurn } from './turn.ts';
import { begunFrom } from './undo-plan.ts';

/** The sprints that are rolled back, or why they cannot be. */
export function findRolledBack(state: ExecutionState, { to }: Pick<Rollback, 'to'>): Result<readonly SprintStanding[], Refusal> {
  const { authorization, cancelling, prepared, rollback } = state;
  const refuse = (type: Refusal['type'], message: string): Result<never, Refusal> => err({ type, message });
  const notNow = (why: string): Result<never, Refusal> => refuse('NotAllowedInPhase', `rollback is not possible: ${why}`);
  if (!prepared || !authorization.documented) return notNow('nothing has started');
  if (cancelling) return notNow('the execution is being cancelled');
  if (rollback) return notNow(`rollback ${rollback.n} is under way`);
  if (to === 'start') {
    const begun = begunFrom(state, null);
    return begun.length > 0 ? ok(begun) : notNow('nothing has started');
  }
  const { plan } = prepared.resolved;
  const id =
    'sprint' in to ? to.sprint : plan.sprints.find(({ checkpoints }) => checkpoints.some((one) => one.id === to.checkpoint))?.id;
  if (id === undefined)
    return refuse('UnknownCheckpoint', `the plan has no checkpoint "${(to as { checkpoint: string }).checkpoint}"`);
  const standing = standingOf(state, id);
  if (!standing) return refuse('UnknownSprint', `the plan has no sprint "${id}"`);
  if (standing.state === 'started') return ok([standing]);
  if (standing.state !== 'ended') return notNow(`sprint ${id} is ${standing.state}`);
  return 'sprint' in to ? ok(begunFrom(state, id)) : notNow(`sprint ${id} has ended; it can be rolled back to its start`);
}

/** Sprints that run undo it themselves; one that has ended is undone by the execution, with all that came after it. */
export function takeRollback(turn: ExecutionTurn, { by, to, policy, reason }: Rollback): void {
  const sprints = findRolledBack(turn.state, { to });
  if (!sprints.ok) return;
  const sprintIds = sprints.value.map(({ id }) => id);
  const why = reason ? `: ${reason}` : '';
  decide(turn, 'rollbackRequested', `${by} rolls back ${sprintIds.join(', ')}${why}`, { by, to, sprints: sprintIds });
  if (sprints.value.some(({ state }) => state === 'ended')) return startSprintRollback(turn, { by, policy, reason, sprintIds });
  const there = typeof to === 'object' && 'checkpoint' in to ? to : 'start';
  forward(turn, 'rollback', { by, to: there, policy: policy ?? null, reason: reason ?? null }, sprintIds);
}
