import { expect, test } from 'vitest';
import {
  createEscalation,
  describeEnd,
  evolveEscalation,
  nextMoment,
  type EscalationEffect,
  type EscalationEvent,
  type EscalationInput,
  type EscalationNews,
} from '../../../src/domain/escalation/escalation.ts';
import { SILENT_ENDS, type EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import { toEscalationView, toReview } from '../../../src/domain/escalation/review.ts';
import type { Json } from '../../../src/domain/plan/plan.ts';
import { agent, START } from '../sprint/sprint-definition.ts';

type WithoutTime<E> = E extends { at: number } ? Omit<E, 'at'> : never;

const decider = agent('decider', { answers: ['escalation'] });
const board = agent('board', { kind: 'human', human: { people: ['bo', 'cy'], withinMs: 1, otherwise: 'fail' } });
const anyone = agent('desk', { kind: 'human', human: { people: 'anyone', withinMs: 1, otherwise: 'fail' } });

function escalate(policy: Partial<EscalationPolicy>, more: Partial<EscalationInput['cause']> = {}) {
  const input: EscalationInput = {
    executionId: 'release',
    sprint: 'core',
    cause: {
      key: 'task/lexer',
      kind: 'taskFailed',
      severity: 'medium',
      title: '"lexer" failed',
      text: 'exit code 1',
      task: 'lexer',
      agent_id: 'builder',
      evidence: { attempts: 3 },
      measures: ['the task waits'],
      ...more,
    },
    policy: { levels: [{ to: ['ann'], via: ['ops'], withinMs: 1_000 }], otherwise: 'reject', ...policy },
    options: ['retry', 'skip', 'extend'],
    takes: { extend: ['attempts'] },
    agents: [decider, board, anyone],
  };
  const state = createEscalation(input, START);
  let now = START;
  const happen = (event: WithoutTime<EscalationEvent>): EscalationEffect[] =>
    evolveEscalation(state, { ...event, at: now } as EscalationEvent);
  return {
    state,
    start: () => happen({ type: 'started' }),
    hear: (news: EscalationNews) => happen({ type: 'heard', news }),
    answer: (level: number, decision: string | null, data: Json = null) =>
      happen({
        type: 'agentAnswered',
        level,
        agent_id: 'decider',
        answer: decision === null ? null : { decision, note: 'seen it', data },
      }),
    wake: () => {
      now = nextMoment(state) as number;
      return happen({ type: 'timePassed' });
    },
    texts: () => state.timeline.map(({ text }) => text).join('\n'),
    review: () => toReview(toEscalationView(state), 'release/escalation/1'),
  };
}

const levels = [
  { to: ['ann'], via: ['ops'], withinMs: 1_000, reminderMs: 400 },
  { to: ['board', 'desk', 'decider'], via: [], withinMs: 2_000 },
];
const responded = (decision: string, by = 'bo'): EscalationNews => ({
  type: 'responded',
  by,
  decision,
  note: null,
  data: { time: '1h' },
});

test('escalation: each level is asked in turn, reminded once, and silence ends as declared', () => {
  const { start, wake, state, texts, review } = escalate({ levels });
  expect(start()).toEqual([
    {
      type: 'say',
      said: { type: 'asked', level: 1, people: ['ann'], via: ['ops'], deadline: START + 1_000, otherwise: 'level 2 is asked' },
    },
  ]);
  expect(nextMoment(state)).toBe(START + 400);
  expect(wake()).toEqual([{ type: 'say', said: { type: 'reminded', level: 1 } }]);
  const asked = wake();
  expect(asked[0]).toMatchObject({ said: { level: 2, people: ['bo', 'cy', 'desk'], via: [], otherwise: 'the task fails' } });
  expect(asked[1]).toMatchObject({ type: 'askAgent', level: 2, agent: { id: 'decider' }, withinMs: 2_000 });
  wake();
  expect(wake()).toEqual([]);
  expect(state.outcome).toMatchObject({ decision: 'reject', by: null, how: 'silence', level: 2, endedAt: START + 3_000 });
  expect(nextMoment(state)).toBeNull();
  expect(texts()).toContain('nobody of level 2 has decided');
  expect(review()).toContain('Nobody answered on 2 levels; the declared end was carried out: reject.');
  expect(review()).toContain('check the people, channels and times');
});

test('escalation: time that passes before anything is due changes nothing', () => {
  const { start, state, hear } = escalate({ levels });
  start();
  const before = JSON.stringify(state);
  expect(evolveEscalation(state, { type: 'timePassed', at: START + 1 })).toEqual([]);
  expect(JSON.stringify(state)).toBe(before);
  hear(responded('skip'));
});

test('escalation: whoever acknowledges gets the time once more, without reminders, and only once', () => {
  const { start, hear, wake, state, review } = escalate({ levels: [levels[1] as (typeof levels)[1]] });
  start();
  wake();
  expect(hear(responded('acknowledge'))[0]).toMatchObject({ said: { type: 'asked', level: 1, deadline: START + 3_000 } });
  expect(hear(responded('acknowledge', 'cy'))).toEqual([]);
  expect(state.acknowledged?.by).toBe('bo');
  expect(state.remindAt).toBeNull();
  wake();
  expect(state.outcome?.how).toBe('silence');
  expect(review()).toContain('bo acknowledged it but did not decide');
});

test('escalation: an answer decides, and what comes afterwards changes nothing', () => {
  const { start, hear, wake, state, review, answer } = escalate({ levels });
  start();
  expect(review()).toBe('');
  wake();
  wake();
  hear({ type: 'repeated', text: 'exit code 1 again' });
  hear(responded('retry'));
  expect(state.outcome).toMatchObject({ decision: 'retry', by: 'bo', how: 'answered', level: 2, data: { time: '1h' } });
  const before = JSON.stringify(state);
  hear(responded('skip'));
  answer(2, 'skip');
  expect(JSON.stringify(state)).toBe(before);
  expect(review()).toContain('bo of level 2 decided "retry".');
  expect(review()).toContain('came 2 times');
  expect(review()).toContain('See whether task lexer passes now');
  expect(review()).toContain('Level 2 had to decide');
});

test('escalation: an agent decides at its level, with one of the options, in time', () => {
  const { start, wake, answer, state, texts } = escalate({ levels });
  start();
  answer(2, 'retry');
  expect(texts()).toContain('decider answered too late');
  wake();
  wake();
  answer(2, null);
  expect(texts()).toContain('decider gave no answer');
  answer(2, 'dance');
  expect(texts()).toContain('decider answered "dance", which is no option');
  answer(2, 'extend', { time: '1h' });
  expect(texts()).toContain('decider answered "extend" with data that does not fit: data: expected at least one of {attempts:');
  answer(2, 'retry');
  expect(state.outcome).toMatchObject({ decision: 'retry', by: 'decider', note: 'seen it', level: 2 });
});

test('escalation: a decision of an agent that needs data has it', () => {
  const { start, answer, state } = escalate({ levels: [{ to: ['decider'], via: [], withinMs: 1_000 }] });
  start();
  answer(1, 'extend', { attempts: 2 });
  expect(state.outcome).toMatchObject({ decision: 'extend', data: { attempts: 2 } });
});

test('escalation: levels are for severities, and open hours do not hold up what is critical', () => {
  const hours = { days: [2], from: 9 * 60, until: 17 * 60, offset: 0 };
  const policy = { levels: [{ ...levels[0], severities: ['critical'] as const }, levels[1]] as never, hours };
  // 2026-12-01, the start, is a Tuesday, 09:00.
  const medium = escalate({ ...policy, levels: [{ ...(levels[1] as object), withinMs: 9 * 3_600_000 }] as never });
  medium.start();
  expect(medium.state.deadline).toBe(Date.parse('2026-12-08T10:00:00Z'));
  const passedOver = escalate(policy);
  passedOver.start();
  expect(passedOver.state.level).toBe(1);
  const critical = escalate(policy, { severity: 'critical' });
  critical.start();
  expect([critical.state.level, critical.state.deadline]).toEqual([0, START + 1_000]);
  const nobody = escalate({ levels: [{ ...levels[0], severities: ['critical'] }] as never, otherwise: 'hold' });
  nobody.start();
  expect(nobody.state.outcome).toMatchObject({ decision: 'hold', level: 0 });
  expect(nobody.review()).toContain('Nobody answered on 0 levels');
});

test('escalation: withdrawn when the cause is gone', () => {
  const { start, hear, state, review } = escalate({ levels }, { task: null, agent_id: null, measures: [] });
  start();
  hear({ type: 'withdrawn', reason: 'the agent is back' });
  expect(state.outcome).toMatchObject({ how: 'withdrawn', decision: 'withdrawn' });
  expect(review()).toContain('Withdrawn: the agent is back.');
  expect(review()).toContain('None was taken while it waited.');
  expect(review()).toContain('None follows from what was recorded.');
  expect(toEscalationView({ ...state, outcome: null, deadline: START }).deadline).toBe('2026-12-01T09:00:00.000Z');
});

test('escalation: of many events the first and the newest are kept', () => {
  const { start, hear, state } = escalate({ levels });
  start();
  for (let time = 0; time < 500; time += 1) hear({ type: 'repeated', text: `time ${time}` });
  expect(state.timeline).toHaveLength(200);
  expect(state.timeline[0]?.text).toContain('"lexer" failed');
  expect(state.timeline.at(-1)?.text).toBe('again: time 499');
  expect(state.repeated).toBe(500);
});

test('escalation: every end has words', () => {
  expect(new Set(SILENT_ENDS.map((end) => describeEnd(end, null))).size).toBe(SILENT_ENDS.length);
});

test('escalation: a review of the execution itself, open for minutes', () => {
  const { state } = escalate({ levels });
  const outcome = { decision: 'stop', by: 'ann', how: 'answered', note: 'enough', data: null, level: 1 } as const;
  const input = { ...state.input, sprint: null };
  const view = toEscalationView({ ...state, input, outcome: { ...outcome, startedAt: START, endedAt: START + 300_000 } });
  const text = toReview(view, 'x');
  expect(text).toContain('Open for 5 min, came once');
  expect(text).toContain('of the execution');
  expect(text).toContain('ann of level 1 decided "stop": enough.');
});

test('nobody is reminded when it is too late for that', () => {
  const { start, state } = escalate({ levels: [{ to: ['ann'], via: [], withinMs: 1_000, reminderMs: 1_000 }] });
  start();
  expect([state.remindAt, nextMoment(state)]).toEqual([null, START + 1_000]);
});
