import type { Refusal } from '../failure.ts';
import type { Rollback } from '../messages.ts';
import { err, ok, type Result } from '../result.ts';
import { forward } from './forwarding.ts';
import { standingOf } from './standings.ts';
import type { ExecutionState } from './state.ts';
import { decide, type ExecutionTurn } from './turn.ts';

/** The sprints that are rolled back, or why they cannot be. */
export function findRolledBack(state: ExecutionState, { to }: Pick<Rollback, 'to'>): Result<readonly string[], Refusal> {
  const { authorization, cancelling, prepared, sprints } = state;
  const refuse = (type: Refusal['type'], message: string): Result<never, Refusal> => err({ type, message });
  if (!prepared || !authorization.documented) return refuse('NotAllowedInPhase', 'rollback is not possible: nothing has started');
  if (cancelling) return refuse('NotAllowedInPhase', 'rollback is not possible: the execution is being cancelled');
  if (to === 'start') {
    const ended = sprints.find((sprint) => sprint.state === 'ended');
    if (ended) return refuse('NotAllowedInPhase', `rollback is not possible: sprint ${ended.id} has ended`);
    return ok(sprints.filter((sprint) => sprint.state === 'started').map(({ id }) => id));
  }
  const { plan } = prepared.resolved;
  const id =
    'sprint' in to ? to.sprint : plan.sprints.find(({ checkpoints }) => checkpoints.some((one) => one.id === to.checkpoint))?.id;
  if (id === undefined)
    return refuse('UnknownCheckpoint', `the plan has no checkpoint "${(to as { checkpoint: string }).checkpoint}"`);
  const standing = standingOf(state, id);
  if (!standing) return refuse('UnknownSprint', `the plan has no sprint "${id}"`);
  if (standing.state === 'started') return ok([id]);
  return refuse('NotAllowedInPhase', `rollback is not possible: sprint ${id} is ${standing.state}`);
}

/** To the sprints that are rolled back: they undo it. */
export function forwardRollback(turn: ExecutionTurn, { by, to, policy, reason }: Rollback): void {
  const sprints = findRolledBack(turn.state, { to });
  if (!sprints.ok) return;
  const why = reason ? `: ${reason}` : '';
  decide(turn, 'rollbackRequested', `${by} rolls back ${sprints.value.join(', ')}${why}`, { by, to, sprints: sprints.value });
  const there = typeof to === 'object' && 'checkpoint' in to ? to : 'start';
  forward(turn, 'rollback', { by, to: there, policy: policy ?? null, reason: reason ?? null }, sprints.value);
}
