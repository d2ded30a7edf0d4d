import { describe, expect, test } from 'vitest';
import { evolveExecution } from '../../../src/domain/execution/evolve.ts';
import { createExecution, type ExecutionState } from '../../../src/domain/execution/state.ts';
import { toStatusView } from '../../../src/domain/execution/view.ts';
import { planHash } from '../../../src/domain/plan/plan-hash.ts';
import { resolvePlan, type WorkerFacts } from '../../../src/domain/plan/resolved-plan.ts';
import { reviewDocument } from '../../../src/domain/plan/review-document.ts';
import { planOf, profile, written } from '../plan/plan-fixture.ts';

const startedAt = Date.parse('2026-12-01T20:00:00Z');
const HOUR = 3_600_000;
const facts: WorkerFacts = {
  agents: [profile('builder')],
  checks: [],
  channels: [],
  resources: [],
  authorization: { mode: 'anyone', approvers: [], required: 1, expiresMs: HOUR },
  policies: { heartbeatTimeoutMs: 10_000, killGraceMs: 2_000, notify: [] },
};
const sprints = [{ id: 'core', agents: ['builder'], tasks: [{ id: 'lexer', agent: 'builder', estimate: '2h' }] }];

/** An execution of a task of two hours that has just been authorized at 20:00 on 1 December. */
function authorized(timeline: Record<string, string> | null): ExecutionState {
  const data = written({}, { project: { name: 'Parser', ...(timeline === null ? {} : { timeline }) }, sprints });
  const resolved = resolvePlan(planOf(data), facts);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
  const hash = planHash(resolved.value);
  const state = createExecution('x', startedAt);
  const prepared = {
    resolved: resolved.value,
    planHash: hash,
    readiness: [],
    review: '',
    elsewhere: {},
    searchAttributes: true,
    continueAfterEvents: null,
  };
  evolveExecution(state, { type: 'prepared', at: startedAt, prepared });
  evolveExecution(state, { type: 'authorizationDecided', at: startedAt, by: 'ann', decision: 'approve', planHash: hash });
  evolveExecution(state, { type: 'documented', at: startedAt });
  return state;
}

const alertsOf = (state: ExecutionState) =>
  toStatusView(state).alerts.map(({ id, kind, text, since }) => ({ id, kind, text, since }));

describe('timeline', () => {
  test('an end that the forecast passes is an alert and a decision, told once', () => {
    const state = authorized({ end: '2026-12-01T21:00:00Z' });
    expect(alertsOf(state)).toEqual([
      {
        id: 'timeline',
        kind: 'timeline',
        text: 'the plan is expected to end at 2026-12-01T22:00:00.000Z, after its planned end 2026-12-01T21:00:00.000Z',
        since: '2026-12-01T20:00:00.000Z',
      },
    ]);
    evolveExecution(state, { type: 'timePassed', at: startedAt + 1_000 });
    expect(state.decisions.filter(({ event }) => event === 'forecastSlipped')).toHaveLength(1);
    expect(state.phase).toBe('running');
  });

  test('a date means the whole day, so the alert opens when the forecast reaches the next one', () => {
    const state = authorized({ start: '2026-12-01', end: '2026-12-01' });
    expect(alertsOf(state)).toEqual([]);
    evolveExecution(state, { type: 'timePassed', at: startedAt + 3 * HOUR });
    expect(alertsOf(state).map(({ id }) => id)).toEqual(['timeline']);
  });

  test('the alert closes when the execution has ended', () => {
    const state = authorized({ end: '2026-12-01' });
    evolveExecution(state, { type: 'timePassed', at: startedAt + 3 * HOUR });
    evolveExecution(state, { type: 'cancelRequested', at: startedAt + 3 * HOUR });
    evolveExecution(state, { type: 'sprintLost', at: startedAt + 3 * HOUR, sprintId: 'core', reason: 'cancelled' });
    expect(state.phase).toBe('cancelled');
    expect(alertsOf(state)).toEqual([]);
  });

  test.each([null, { start: '2026-12-01' }])('without an end there is no alert: %j', (timeline) => {
    expect(alertsOf(authorized(timeline))).toEqual([]);
  });

  test.each([
    [{ start: '2026-12-01', end: '2026-12-05' }, 'Planned from 2026-12-01 to 2026-12-05.'],
    [{ end: '2026-12-05' }, 'Planned to 2026-12-05.'],
  ])('stands in the review: %j', (timeline, sentence) => {
    const { prepared } = authorized(timeline);
    if (prepared === null) throw new Error('not prepared');
    expect(reviewDocument(prepared.resolved, prepared.planHash, [])).toContain(`\n${sentence}\n`);
  });
});
