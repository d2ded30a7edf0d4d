import { describe, expect, it } from 'vitest';
import { assessCandidates, WEIGHTS, type CandidateFacts } from '../../../src/domain/reallocation/assessment.ts';
import { createReallocation, evolveReallocation, nextMoment } from '../../../src/domain/reallocation/evolve.ts';
import { DEFAULT_REALLOCATION } from '../../../src/domain/reallocation/policy.ts';
import { reallocationSchema, toReallocationPolicy } from '../../../src/domain/reallocation/policy-schema.ts';
import type {
  ReallocationEffect,
  ReallocationEvent,
  ReallocationInput,
  ReallocationNews,
} from '../../../src/domain/reallocation/reallocation.ts';
import { toReallocationView } from '../../../src/domain/reallocation/view.ts';
import type { AgentProfile } from '../../../src/domain/roster.ts';
import { agent } from '../sprint/sprint-definition.ts';

const facts = (id: string, given: Partial<CandidateFacts> = {}, profile: Partial<AgentProfile> = {}): CandidateFacts => ({
  agent: agent(id, profile),
  busy: 0,
  capacity: 2,
  waitMs: 0,
  record: { done: 0, failed: 0, slipped: 0 },
  excluded: null,
  ...given,
});
const asked = { answers: ['offer'] as const };

function open(candidates: readonly CandidateFacts[], given: Partial<ReallocationInput> = {}) {
  const input: ReallocationInput = {
    executionId: 'release',
    sprint: 'core',
    task: { id: 'lexer', title: 'Lexer', priority: 'normal', skills: ['ts'], remainingMs: 60_000 },
    trigger: 'stalled',
    text: 'it is silent',
    evidence: {},
    from: { agent_id: 'old', attempt: 1 },
    isOver: true,
    candidates,
    policy: { ...DEFAULT_REALLOCATION, negotiateWithinMs: 1_000, acknowledgeWithinMs: 5_000 },
    ...given,
  };
  const state = createReallocation(input, 0);
  const effects: ReallocationEffect[] = [];
  const take = (event: ReallocationEvent): void => void effects.push(...evolveReallocation(state, event));
  const hear = (news: ReallocationNews, at = 0): void => take({ type: 'heard', at, news });
  const answer = (agent_id: string, decision: string | null, data: ReallocationInput['evidence'] | null = null, at = 0): void =>
    take({ type: 'agentAnswered', at, agent_id, answer: decision === null ? null : { decision, note: 'so', data } });
  take({ type: 'started', at: 0 });
  return {
    state,
    effects,
    hear,
    answer,
    pass: (at: number) => take({ type: 'timePassed', at }),
    awarded: () =>
      effects.flatMap((effect) => (effect.type === 'say' && effect.said.type === 'awarded' ? [effect.said.agent_id] : [])),
    steps: () => toReallocationView(state).steps.map(({ step, result }) => `${step}: ${result ?? '…'}`),
  };
}

describe('assessment of candidates', () => {
  it('prefers who is free, has done well, has less to do, fits and costs less, and says why', () => {
    const order = assessCandidates(
      [
        facts('dear', {}, { cost: 20 }),
        facts('cheap', {}, { cost: 10 }),
        facts('busy', { busy: 2, waitMs: 60_000 }),
        facts('bad', { record: { done: 0, failed: 3, slipped: 1 } }),
        facts('wide', {}, { skills: ['ts', 'a', 'b', 'c'] }),
        facts('none', { capacity: 0 }),
        facts('gone', { excluded: 'unavailable' }),
      ],
      { skills: ['ts'], remainingMs: 60_000 },
    );
    expect(order.map(({ agent_id }) => agent_id)).toEqual(['cheap', 'dear', 'bad', 'wide', 'none', 'busy', 'gone']);
    expect(order.at(-1)).toMatchObject({ score: 0, text: 'unavailable' });
    expect(order[0]?.text).toBe('free; 0 done, 0 failed, 0 late; 0/2 busy; 1 of its 0 skills needed; cost 10');
    expect(order.find(({ agent_id }) => agent_id === 'busy')?.text).toContain('free in 60 s');
    expect(Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1);
  });
  it('puts equals in the order of their ids', () => {
    const order = assessCandidates([facts('b'), facts('a')], { skills: [], remainingMs: 1 });
    expect(order.map(({ agent_id }) => agent_id)).toEqual(['a', 'b']);
  });
});

describe('negotiation', () => {
  it('without agents that negotiate the best one takes it at once', () => {
    const { awarded, steps, state } = open([facts('a'), facts('b', { busy: 1 })]);
    expect(awarded()).toEqual(['a']);
    expect(steps()).toHaveLength(4);
    expect(nextMoment(state)).toBe(5_000);
  });
  it('a better one that is asked is waited for, and has it when it accepts', () => {
    const { awarded, answer, effects } = open([facts('a', {}, asked), facts('b', { busy: 1 })]);
    expect(awarded()).toEqual([]);
    expect(effects).toContainEqual(expect.objectContaining({ type: 'offer', withinMs: 1_000 }));
    answer('a', 'accept');
    expect(awarded()).toEqual(['a']);
  });
  it.each([
    ['declines', 'decline', null],
    ['gives an answer that is none', 'perhaps', null],
    ['counters without an estimate', 'counter', {}],
    ['cannot be asked', null, null],
  ])('who %s is out', (_, decision, data) => {
    const { awarded, answer } = open([facts('a', {}, asked), facts('b', { busy: 1 })]);
    answer('a', decision, data);
    expect(awarded()).toEqual(['b']);
  });
  it('a counter-estimate weighs against the score', () => {
    const { awarded, answer, state } = open([facts('a', {}, asked), facts('b', { busy: 1 })]);
    answer('a', 'counter', { estimateMs: 600_000 });
    expect(awarded()).toEqual(['b']);
    expect(state.bids).toMatchObject([{ agent_id: 'a', answer: 'countered', estimateMs: 600_000, note: 'so' }]);
    expect(toReallocationView(state).bids).toMatchObject([
      { agent_id: 'a', at: expect.stringMatching(/^1970-01-01T/) as string },
    ]);
  });
  it('silence is no consent: at the deadline it goes to who takes it, or to nobody', () => {
    const one = open([facts('a', {}, asked), facts('b', { busy: 1 })]);
    one.pass(999);
    expect(one.awarded()).toEqual([]);
    one.pass(1_000);
    expect(one.awarded()).toEqual(['b']);
    const none = open([facts('a', {}, asked)]);
    none.pass(1_000);
    expect(none.state.outcome).toMatchObject({ result: 'failed', reason: 'nobody accepts it' });
    none.pass(9_000);
    none.answer('a', 'accept');
    expect(none.awarded()).toEqual([]);
  });
  it('people are asked by the inbox, with the same deadline', () => {
    const { effects, hear, awarded } = open([facts('ann', {}, { kind: 'human' })]);
    expect(effects).toContainEqual({ type: 'say', said: { type: 'offered', agents: ['ann'], deadline: 1_000 } });
    hear({ type: 'bid', agent_id: 'ann', by: 'ann', decision: 'accept', note: null, data: null });
    hear({ type: 'bid', agent_id: 'ann', by: 'ann', decision: 'decline', note: null, data: null });
    expect(awarded()).toEqual(['ann']);
  });
  it('a bid that comes after the award counts for the next one', () => {
    const { awarded, answer, hear } = open([facts('a'), facts('b', { busy: 1 }, asked)]);
    answer('b', 'accept');
    hear({ type: 'refused', agent_id: 'a', reason: 'a is not at hand any more' });
    expect(awarded()).toEqual(['a', 'b']);
    const late = open([facts('a'), facts('b', { busy: 1 }, asked)]);
    late.hear({ type: 'refused', agent_id: 'a', reason: 'away' });
    expect(late.state.outcome).toMatchObject({ result: 'failed', reason: 'after a nobody is left' });
  });
  it('nobody is there at all', () => {
    const { state } = open([facts('a', { excluded: 'unavailable' })]);
    expect(state.outcome).toMatchObject({ result: 'failed', reason: 'nobody accepts it' });
  });
});

describe('handover and validation', () => {
  it('an attempt at work is ended first, however long that takes', () => {
    const { state, hear, steps } = open([facts('a')], { isOver: false });
    expect(nextMoment(state)).toBeNull();
    hear({ type: 'released', how: 'handed over', hasBundle: true }, 50_000);
    expect(nextMoment(state)).toBe(55_000);
    hear({ type: 'started', agent_id: 'a', attempt: 2 }, 50_100);
    hear({ type: 'shown', acknowledged: true, moving: false }, 50_200);
    expect(state.outcome).toBeNull();
    hear({ type: 'shown', acknowledged: true, moving: true }, 50_300);
    expect(state.outcome).toMatchObject({ result: 'moved', agent_id: 'a', attempt: 2, endedAt: 50_300 });
    expect(steps().at(-1)).toBe('validation: a has acknowledged the handover and moves');
    expect(nextMoment(state)).toBeNull();
  });
  it('an attempt that ends during the negotiation leaves the winner as long as any to begin', () => {
    const { state, hear, pass, awarded } = open([facts('a', {}, asked), facts('b')], { isOver: false });
    hear({ type: 'released', how: 'it broke', hasBundle: false }, 1_000);
    hear({ type: 'bid', agent_id: 'a', by: 'a', decision: 'accept', note: null, data: null }, 2_000);
    expect(nextMoment(state)).toBe(7_000);
    pass(7_000);
    expect(awarded()).toEqual(['a', 'b']);
  });
  it('who moves without a word is taken to have got it, when the time is up', () => {
    const { state, hear, pass } = open([facts('a')]);
    hear({ type: 'started', agent_id: 'a', attempt: 2 });
    hear({ type: 'shown', acknowledged: false, moving: true });
    pass(5_000);
    expect(state.outcome).toMatchObject({ result: 'moved', reason: expect.stringContaining('though') as string });
  });
  it('without a sign, or a start, the next one has it, until none is left', () => {
    const { state, hear, pass, awarded } = open([facts('a'), facts('b'), facts('c')]);
    hear({ type: 'started', agent_id: 'a', attempt: 2 });
    pass(5_000);
    expect(awarded()).toEqual(['a', 'b']);
    hear({ type: 'released', how: 'taken back', hasBundle: false }, 5_100);
    pass(10_100);
    expect(awarded()).toEqual(['a', 'b', 'c']);
    hear({ type: 'started', agent_id: 'c', attempt: 3 }, 10_200);
    hear({ type: 'attemptEnded', attempt: 3, reason: 'it broke' }, 10_300);
    expect(state.outcome).toMatchObject({ result: 'failed' });
  });
  it('whoever is lost with its worker begins again, and has as long as before to give a sign', () => {
    const { state, hear, pass, awarded, steps } = open([facts('a'), facts('b')]);
    hear({ type: 'started', agent_id: 'a', attempt: 2 });
    hear({ type: 'shown', acknowledged: true, moving: false });
    hear({ type: 'released', how: 'its worker died', hasBundle: false }, 1_000);
    hear({ type: 'started', agent_id: 'a', attempt: 3 }, 2_000);
    expect([state.attempt, state.signs.acknowledged, nextMoment(state)]).toEqual([3, false, 7_000]);
    expect(steps().at(-1)).toContain('validation');
    pass(7_000);
    expect(awarded()).toEqual(['a', 'b']);
  });
  it('no more agents are tried than the plan allows', () => {
    const policy = { ...DEFAULT_REALLOCATION, limit: 1 };
    const { state, hear } = open([facts('a'), facts('b')], { policy });
    hear({ type: 'refused', agent_id: 'a', reason: 'away' });
    expect(state.outcome?.reason).toBe('a were tried, as many as may be');
  });
  it('whoever was free first counts', () => {
    const { state, hear } = open([facts('a'), facts('b')]);
    hear({ type: 'started', agent_id: 'b', attempt: 2 });
    hear({ type: 'finished', agent_id: 'b' });
    expect(state.outcome).toMatchObject({ result: 'moved', agent_id: 'b', reason: 'b has finished it' });
  });
  it('is withdrawn when the old one has finished meanwhile, or there is nothing to move', () => {
    const one = open([facts('a', {}, asked)], { isOver: false });
    one.hear({ type: 'started', agent_id: 'a', attempt: 2 });
    one.hear({ type: 'shown', acknowledged: true, moving: true });
    one.hear({ type: 'attemptEnded', attempt: 1, reason: 'x' });
    one.hear({ type: 'released', how: 'it ended', hasBundle: false });
    one.hear({ type: 'finished', agent_id: 'old' });
    expect(one.state.outcome).toMatchObject({ result: 'withdrawn', reason: 'old has finished it' });
    const two = open([facts('a')]);
    two.hear({ type: 'withdrawn', reason: 'the sprint is stopped' });
    two.hear({ type: 'withdrawn', reason: 'again' });
    expect(toReallocationView(two.state).outcome).toMatchObject({ result: 'withdrawn', reason: 'the sprint is stopped' });
  });
  it('keeps its timeline bounded, and shows where it is', () => {
    const { state, hear } = open([facts('a')], { isOver: false });
    for (let times = 0; times < 300; times += 1) hear({ type: 'released', how: `no. ${times}`, hasBundle: false }, times);
    expect(state.timeline).toHaveLength(200);
    expect(state.timeline[0]?.text).toBe('detection: it is silent');
    expect(toReallocationView(state)).toMatchObject({ step: 'handover', deadline: '1970-01-01T00:00:05.299Z', outcome: null });
    expect(toReallocationView(createReallocation(state.input, 0))).toMatchObject({ step: null, deadline: null });
  });
});

describe('policy', () => {
  it('has defaults, without pre-emption', () => {
    expect(toReallocationPolicy({})).toEqual(DEFAULT_REALLOCATION);
    expect(DEFAULT_REALLOCATION.on).not.toContain('urgent');
  });
  it('takes what is written', () => {
    const written = reallocationSchema.parse({
      on: ['urgent', 'stalled'],
      factor: 3,
      blockedFor: '1m',
      limit: 1,
      backoff: '2s',
      negotiateWithin: '3s',
      wrapUpWithin: '4s',
      acknowledgeWithin: '5s',
    });
    expect(toReallocationPolicy(written)).toEqual({
      on: ['stalled', 'urgent'],
      factor: 3,
      blockedForMs: 60_000,
      limit: 1,
      backoffMs: 2_000,
      negotiateWithinMs: 3_000,
      wrapUpWithinMs: 4_000,
      acknowledgeWithinMs: 5_000,
    });
    for (const wrong of [{ factor: 0 }, { on: [] }, { limit: 0 }, { on: ['sleepy'] }])
      expect(reallocationSchema.safeParse(wrong).success).toBe(false);
  });
});
