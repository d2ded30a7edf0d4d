import { describe, expect, it } from 'vitest';
import { CHANGEABLE, needsData, readDecision, type DecisionTerms } from '../../../src/domain/escalation/decision-data.ts';

const terms: DecisionTerms = { reassign: ['bo', 'cy'], extend: ['time', 'attempts'], change: CHANGEABLE, topUp: ['tokens'] };

describe('the data of a decision about a task', () => {
  it('is asked for where the decision needs some and is offered', () => {
    expect(needsData(terms, 'reassign')).toBe(true);
    expect(needsData(terms, 'retry')).toBe(false);
    expect(needsData({}, 'extend')).toBe(false);
  });

  it.each([
    ['reassign', { agent: 'bo' }, { type: 'reassign', agent: 'bo' }],
    ['extend', { time: '1h', attempts: 2 }, { type: 'extend', timeMs: 3_600_000, attempts: 2 }],
    ['extend', { attempts: 1, time: null }, { type: 'extend', timeMs: 0, attempts: 1 }],
    ['topUp', { tokens: 5 }, { type: 'topUp', amounts: { tokens: 5, cost: 0, time: 0, attempts: 0 } }],
    ['change', { estimate: '2h', priority: 'high' }, { type: 'change', set: { estimate: '2h', priority: 'high' } }],
    [
      'change',
      { description: 'again', input: { a: 1 }, estimate: null, stallAfter: null },
      { type: 'change', set: { description: 'again', input: { a: 1 }, estimate: null, stallAfter: null } },
    ],
  ] as const)('%s takes %j', (decision, data, value) => {
    expect(readDecision(terms, decision, data)).toEqual({ ok: true, value });
  });

  it.each([
    ['reassign', undefined, 'data: expected {agent}, one of bo, cy; got nothing'],
    ['reassign', { agent: 'ann' }, 'data: expected {agent}, one of bo, cy; got {"agent":"ann"}'],
    [
      'extend',
      {},
      'data: expected at least one of {time: a duration such as 30m; attempts: a whole number from 1 to 100}, got {}',
    ],
    ['extend', { attempts: 0 }, 'got {"attempts":0}'],
    ['extend', 'more', 'got "more"'],
    ['topUp', { cost: 1 }, 'data: expected at least one of {tokens: a number above 0}, got {"cost":1}'],
    ['change', {}, 'at least one field'],
    ['change', { agent: 'bo' }, 'data: expected some of {description, input, estimate, priority, stallAfter} as in a plan'],
    ['change', { priority: 'soon' }, 'priority'],
  ] as const)('%s refuses %j', (decision, data, message) => {
    const read = readDecision(terms, decision, data);
    expect(read.ok ? 'accepted' : read.error).toContain(message);
  });

  it('refuses what the terms do not name', () => {
    const many = Array.from({ length: 30 }, (_, number) => `a${number}`);
    expect(readDecision({ reassign: many }, 'reassign', {})).toMatchObject({ error: expect.stringContaining('a19, …') });
    expect(readDecision({ extend: ['attempts'] }, 'extend', { time: '1h' }).ok).toBe(false);
    for (const decision of ['reassign', 'extend', 'topUp'] as const)
      expect(readDecision({}, decision, { agent: 'bo', attempts: 1, tokens: 1 }).ok).toBe(false);
  });
});
