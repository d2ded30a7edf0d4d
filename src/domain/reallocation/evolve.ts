import { clip } from '../clip.ts';
import { assessCandidates, type Assessment } from './assessment.ts';
import type { AgentProfile } from '../roster.ts';
import {
  toBid,
  type Bid,
  type ReallocationEffect,
  type ReallocationEvent,
  type ReallocationInput,
  type ReallocationNews,
  type ReallocationOutcome,
  type ReallocationState,
  type ReallocationStep,
  type StepRun,
} from './reallocation.ts';

const MAX_TIMELINE = 200;
const MAX_LINE = 500;
/** So many are asked at once, the best. */
const MAX_OFFERS = 10;

export const createReallocation = (input: ReallocationInput, now: number): ReallocationState => ({
  input,
  startedAt: now,
  steps: [],
  assessments: [],
  pending: [],
  bids: [],
  tried: [],
  attempt: null,
  isReleased: input.isOver,
  signs: { acknowledged: false, moving: false },
  deadline: null,
  timeline: [],
  outcome: null,
});

/**
 * One step of a reallocation: what is asked of whom, and what the sprint is to do. Pure but for `state`; after the end nothing changes any
 * more. The work is announced to candidates, who bid, and awarded to the best bid (contract net: R. G. Smith, IEEE Transactions on
 * Computers C-29(12), 1980). An agent that does not negotiate takes what it is given.
 */
export function evolveReallocation(state: ReallocationState, event: ReallocationEvent): ReallocationEffect[] {
  const effects: ReallocationEffect[] = [];
  if (state.outcome !== null) return effects;
  switch (event.type) {
    case 'started':
      begin(state, event.at, effects);
      break;
    case 'timePassed':
      if (state.deadline !== null && event.at >= state.deadline) takeDeadline(state, event.at, effects);
      break;
    case 'heard':
      hear(state, event.at, event.news, effects);
      break;
    case 'agentAnswered':
      takeBid(state, toBid(event.agent_id, event.answer, event.at), effects);
      break;
  }
  return effects;
}

export const nextMoment = ({ deadline, outcome }: ReallocationState): number | null => (outcome === null ? deadline : null);

const stepOf = ({ steps }: ReallocationState): ReallocationStep => (steps.at(-1) as StepRun).step;

function enter(state: ReallocationState, at: number, step: ReallocationStep): void {
  state.steps.push({ step, startedAt: at, endedAt: null, result: null });
}

function leave(state: ReallocationState, at: number, result: string): void {
  const step = state.steps.at(-1) as StepRun;
  if (step.endedAt !== null) return;
  step.endedAt = at;
  step.result = clip(result, MAX_LINE);
  note(state, at, `${step.step}: ${result}`);
}

function begin(state: ReallocationState, at: number, effects: ReallocationEffect[]): void {
  const { candidates, policy, task, text } = state.input;
  enter(state, at, 'detection');
  leave(state, at, text);
  enter(state, at, 'assessment');
  state.assessments = assessCandidates(candidates, task);
  effects.push({ type: 'say', said: { type: 'assessed', assessments: state.assessments } });
  const eligible = state.assessments.filter(({ excluded }) => excluded === null);
  leave(state, at, eligible.map(({ agent_id, score }) => `${agent_id} ${score}`).join(', ') || 'nobody else can do it');
  enter(state, at, 'negotiation');
  const asked = eligible
    .map((one) => profileOf(state, one.agent_id))
    .filter(negotiates)
    .slice(0, MAX_OFFERS);
  state.pending = asked.map(({ id }) => id);
  if (asked.length > 0) state.deadline = at + policy.negotiateWithinMs;
  const people = asked.filter(({ kind }) => kind === 'human').map(({ id }) => id);
  if (people.length > 0)
    effects.push({ type: 'say', said: { type: 'offered', agents: people, deadline: state.deadline as number } });
  for (const agent of asked)
    if (agent.kind !== 'human') effects.push({ type: 'offer', agent, withinMs: policy.negotiateWithinMs });
  award(state, at, effects);
}

const negotiates = ({ kind, answers = [] }: AgentProfile): boolean => kind === 'human' || answers.includes('offer');

const profileOf = ({ input }: ReallocationState, id: string): AgentProfile =>
  (input.candidates.find(({ agent }) => agent.id === id) as ReallocationInput['candidates'][number]).agent;

/** A bid after the award counts for the next one, should there be one. */
function takeBid(state: ReallocationState, bid: Bid, effects: ReallocationEffect[]): void {
  if (!state.pending.includes(bid.agent_id)) return;
  state.pending = state.pending.filter((id) => id !== bid.agent_id);
  state.bids.push(bid);
  const estimate = bid.estimateMs === null ? '' : ` with an estimate of ${Math.ceil(bid.estimateMs / 1_000)} s`;
  note(state, bid.at, `${bid.agent_id}: ${bid.answer}${estimate}${bid.note ? `: ${bid.note}` : ''}`);
  if (stepOf(state) === 'negotiation') award(state, bid.at, effects);
}

/** What a candidate's bid is worth: its score, less where it needs longer than is estimated; null: it does not take it, or has not said so. */
function valueOf(state: ReallocationState, { agent_id, score }: Assessment): number | null {
  const { remainingMs } = state.input.task;
  const bid = state.bids.find((one) => one.agent_id === agent_id);
  if (!bid) return state.pending.includes(agent_id) && stepOf(state) !== 'negotiation' ? null : score;
  if (bid.answer === 'declined' || bid.answer === 'silent') return null;
  return score * Math.min(1, remainingMs / (bid.estimateMs ?? remainingMs));
}

/** To the best who takes it; while a better one has still to answer, that is waited for. */
function award(state: ReallocationState, at: number, effects: ReallocationEffect[]): void {
  const { assessments, tried, pending, input } = state;
  const standing = assessments
    .filter(({ agent_id, excluded }) => excluded === null && !tried.includes(agent_id))
    .flatMap((one) => {
      const value = valueOf(state, one);
      return value === null ? [] : [{ agent_id: one.agent_id, value }];
    })
    .toSorted((a, b) => b.value - a.value);
  const [best] = standing;
  if (tried.length >= input.policy.limit) return fail(state, at, `${tried.join(', ')} were tried, as many as may be`);
  if (!best) return fail(state, at, tried.length > 0 ? `after ${tried.join(', ')} nobody is left` : 'nobody accepts it');
  if (pending.includes(best.agent_id) && stepOf(state) === 'negotiation') return;
  const why = describeAward(state, best);
  leave(state, at, why);
  enter(state, at, 'handover');
  state.tried = [...tried, best.agent_id];
  state.attempt = null;
  state.signs = { acknowledged: false, moving: false };
  // An attempt that has to be ended first takes its time: its sprint says when it has.
  state.deadline = state.isReleased ? at + input.policy.acknowledgeWithinMs : null;
  effects.push({ type: 'say', said: { type: 'awarded', agent_id: best.agent_id, why } });
}

function describeAward({ bids, tried }: ReallocationState, { agent_id, value }: { agent_id: string; value: number }): string {
  const bid = bids.find((one) => one.agent_id === agent_id);
  const how = bid ? bid.answer : 'takes it without negotiation';
  return `${agent_id} ${how}, ${tried.length === 0 ? 'the best of all bids' : 'the next best'} (${Math.round(value * 1_000) / 1_000})`;
}

function takeDeadline(state: ReallocationState, at: number, effects: ReallocationEffect[]): void {
  state.deadline = null;
  switch (stepOf(state)) {
    case 'negotiation': {
      for (const agent_id of state.pending) {
        state.bids.push({ agent_id, answer: 'silent', estimateMs: null, note: null, at });
        note(state, at, `${agent_id} has not answered in time`);
      }
      state.pending = [];
      return award(state, at, effects);
    }
    case 'validation':
      if (state.signs.moving) return complete(state, at, 'moves, though it has not acknowledged the handover in words');
      return tryNext(state, at, `no sign of ${state.tried.at(-1)} within the limit`, effects);
    default:
      return tryNext(state, at, `${state.tried.at(-1)} has not begun within the limit`, effects);
  }
}

function tryNext(state: ReallocationState, at: number, why: string, effects: ReallocationEffect[]): void {
  leave(state, at, why);
  award(state, at, effects);
}

function hear(state: ReallocationState, at: number, news: ReallocationNews, effects: ReallocationEffect[]): void {
  switch (news.type) {
    case 'bid':
      return takeBid(state, toBid(news.agent_id, news, at), effects);
    case 'released':
      state.isReleased = true;
      note(state, at, `${news.how}; ${news.hasBundle ? 'it has left what it had' : 'it could not leave anything'}`);
      if (stepOf(state) === 'handover') state.deadline = at + state.input.policy.acknowledgeWithinMs;
      return;
    case 'started':
      return takeStart(state, at, news);
    case 'shown':
      return takeSigns(state, at, news);
    case 'attemptEnded':
    case 'refused': {
      const step = stepOf(state);
      if (news.type === 'attemptEnded') state.isReleased = true;
      if (step !== 'handover' && step !== 'validation') return;
      return tryNext(state, at, news.reason, effects);
    }
    case 'finished':
      if (stepOf(state) === 'validation') return complete(state, at, 'has finished it');
      return end(state, at, { result: 'withdrawn', agent_id: null, attempt: null, reason: `${news.agent_id} has finished it` });
    case 'withdrawn':
      return end(state, at, { result: 'withdrawn', agent_id: null, attempt: null, reason: news.reason });
  }
}

/** Whoever was free first has begun, usually the one that it was awarded to; or begins again, when its worker was lost. */
function takeStart(state: ReallocationState, at: number, { agent_id, attempt }: { agent_id: string; attempt: number }): void {
  const step = stepOf(state);
  if (step !== 'handover' && step !== 'validation') return;
  const text = `${agent_id} has it as attempt ${attempt}`;
  if (state.tried.at(-1) !== agent_id) state.tried = [...state.tried, agent_id];
  if (step === 'validation') note(state, at, text);
  else {
    leave(state, at, text);
    enter(state, at, 'validation');
  }
  state.signs = { acknowledged: false, moving: false };
  state.attempt = attempt;
  state.isReleased = false;
  state.deadline = at + state.input.policy.acknowledgeWithinMs;
}

function takeSigns(state: ReallocationState, at: number, { acknowledged, moving }: ReallocationState['signs']): void {
  if (stepOf(state) !== 'validation') return;
  state.signs = { acknowledged, moving };
  if (acknowledged && moving) complete(state, at, 'has acknowledged the handover and moves');
}

function complete(state: ReallocationState, at: number, how: string): void {
  const agent_id = state.tried.at(-1) as string;
  end(state, at, { result: 'moved', agent_id, attempt: state.attempt, reason: `${agent_id} ${how}` });
}

const fail = (state: ReallocationState, at: number, reason: string): void =>
  end(state, at, { result: 'failed', agent_id: null, attempt: null, reason });

function end(state: ReallocationState, at: number, how: Omit<ReallocationOutcome, 'startedAt' | 'endedAt'>): void {
  leave(state, at, how.reason);
  state.outcome = { ...how, startedAt: state.startedAt, endedAt: at };
  state.deadline = null;
}

/** The first entries and the newest ones are kept. */
function note(state: ReallocationState, at: number, text: string): void {
  state.timeline.push({ at, text: clip(text, MAX_LINE) });
  if (state.timeline.length > MAX_TIMELINE) state.timeline.splice(1, 1);
}
