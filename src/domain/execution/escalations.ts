import { answerersOf } from '../answerers.ts';
import type { EscalationCause, EscalationOutcome, EscalationSaid } from '../escalation/escalation.ts';
import { toIso } from '../iso-time.ts';
import type { Respond } from '../messages.ts';
import type { Json } from '../plan/plan.ts';
import type { Prepared } from '../prepared.ts';
import { toEscalationItem, toFacts } from '../sprint/escalations.ts';
import { pause, stop } from './control.ts';
import { chainOf, escalationsOf, type OwnEscalation } from './escalation-state.ts';
import { tellItem } from './notices.ts';
import { decide, type ExecutionTurn } from './turn.ts';

const OPTIONS = ['continue', 'hold', 'stop'] as const;

/** Puts the cause before the chain, if the plan has one. Expects it not to be there already. */
export function startOwnEscalation(turn: ExecutionTurn, cause: EscalationCause): void {
  const { state, effects } = turn;
  const chain = chainOf(state);
  if (!chain) return;
  const own = escalationsOf(state);
  const n = (own.count += 1);
  own.open[n] = { n, cause, options: OPTIONS, level: 0, item: null };
  const { severity, evidence, measures } = cause;
  decide(turn, 'escalationStarted', `escalation ${n}: ${cause.title}: ${cause.text}`, toFacts(n, cause), {
    severity,
    evidence,
    measures,
  });
  const { agents } = (state.prepared as Prepared).resolved;
  const named = new Set(chain.levels.flatMap(({ to }) => to));
  effects.push({
    type: 'startProcedure',
    kind: 'escalation',
    n,
    summary: cause.title,
    input: {
      executionId: state.executionId,
      sprint: null,
      cause,
      policy: { ...chain, otherwise: END_OF[chain.otherwise] },
      options: OPTIONS,
      agents: agents.filter(({ id }) => named.has(id)),
    },
  });
}

/** What silence means where no task is concerned: nothing is undone for that, and nothing simply goes on. */
const END_OF = { hold: 'hold', stop: 'stop', rollback: 'stop', skip: 'hold', reject: 'hold', fallback: 'hold' } as const;

/** What the child says: who is asked now, until when. */
export function takeOwnEscalationWord(turn: ExecutionTurn, n: number, said: EscalationSaid): void {
  const { state } = turn;
  const open = state.escalations?.open[n];
  if (!open) return;
  if (said.type === 'reminded') {
    if (!open.item) return;
    decide(turn, 'escalationReminded', `level ${said.level} is reminded of "${open.item.title}"`, toFacts(n, open.cause));
    return tellItem(turn, open.item);
  }
  open.level = said.level;
  open.item = null;
  // Its word came too late: the next one is on its way.
  if (said.deadline <= state.now) return;
  const item = toEscalationItem(open, said, answerersOf(state.authorization.policy), null);
  open.item = { ...item, since: toIso(state.now), deadline: toIso(said.deadline), deadlineMs: said.deadline };
  tellItem(turn, open.item);
}

/** Whoever is asked did not answer in time; the child asks the next level or ends. */
export function dropDueItems(turn: ExecutionTurn): void {
  for (const open of Object.values(turn.state.escalations?.open ?? {})) {
    if (!open.item || open.item.deadlineMs > turn.state.now) continue;
    const { itemId, title, deadline, otherwise } = open.item;
    open.item = null;
    decide(turn, 'nobodyAnswered', `nobody answered "${title}" by ${deadline}: ${otherwise}`, { itemId });
  }
}

/** A person has answered: the child decides what that means for the chain. Answers whether it was about one of these. */
export function takeOwnDecision(turn: ExecutionTurn, { itemId, by, decision, note, data }: Respond): boolean {
  const open = Object.values(turn.state.escalations?.open ?? {}).find(({ item }) => item?.itemId === itemId);
  if (!open?.item) return false;
  const { title } = open.item;
  open.item = null;
  decide(turn, 'answered', `${by} answered "${decision}" to "${title}"${note ? `: ${note}` : ''}`, { itemId, by, decision });
  const news = { type: 'responded', by, decision, note: note ?? null, data: (data ?? null) as Json } as const;
  turn.effects.push({ type: 'tellProcedure', kind: 'escalation', n: open.n, news });
  return true;
}

/** It has ended: what was decided is carried out. */
export function endOwnEscalation(turn: ExecutionTurn, n: number, outcome: EscalationOutcome | null, reason: string | null): void {
  const own = turn.state.escalations;
  const open = own?.open[n];
  if (!own || !open) return;
  delete own.open[n];
  const { cause } = open;
  if (outcome === null) {
    decide(turn, 'escalationLost', `escalation ${n} ended without a decision: ${reason}`, toFacts(n, cause));
    return startOwnEscalation(turn, cause);
  }
  const { decision, by, how, note, level } = outcome;
  const who = by ?? (how === 'silence' ? 'nobody' : 'the engine');
  const text = `escalation ${n} ended: ${who} decided "${decision}"${note ? `: ${note}` : ''}`;
  decide(turn, 'escalationEnded', text, { ...toFacts(n, cause), decision, by, how, level });
  const order = { by: by ?? 'escalation', reason: `${cause.title}${note ? `: ${note}` : ''}` };
  if (decision === 'stop') stop(turn, { ...order, mode: 'halt' });
  if (decision === 'hold') pause(turn, order);
}

/** Its cause is gone. */
export function withdrawOwnEscalation(turn: ExecutionTurn, { n }: OwnEscalation, reason: string): void {
  delete turn.state.escalations?.open[n];
  turn.effects.push({ type: 'tellProcedure', kind: 'escalation', n, news: { type: 'withdrawn', reason } });
}

export function withdrawCause(turn: ExecutionTurn, key: string, reason: string): void {
  const open = Object.values(turn.state.escalations?.open ?? {}).find(({ cause }) => cause.key === key);
  if (open) withdrawOwnEscalation(turn, open, reason);
}
