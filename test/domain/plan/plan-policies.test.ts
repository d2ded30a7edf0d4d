import { describe, expect, it } from 'vitest';
import { describeTaskBudget } from '../../../src/domain/plan/plan-budgets.ts';
import type { Task } from '../../../src/domain/plan/plan.ts';
import { planHash } from '../../../src/domain/plan/plan-hash.ts';
import { resolvePlan, type WorkerFacts } from '../../../src/domain/plan/resolved-plan.ts';
import { toSprintDefinition } from '../../../src/domain/sprint/definition.ts';
import { planOf, problemsOf, profile, roster, written } from './plan-fixture.ts';

const facts: WorkerFacts = {
  agents: [profile('builder'), profile('tester'), profile('ann', { kind: 'human' })],
  channels: ['ops'],
  checks: [
    { id: 'unit-tests', digest: 'c'.repeat(64) },
    { id: 'lint', digest: 'e'.repeat(64) },
  ],
  resources: [],
  authorization: { mode: 'anyone', approvers: [], required: 1, expiresMs: 1 },
  policies: { heartbeatTimeoutMs: 10_000, killGraceMs: 2_000, notify: [] },
};
const escalation = { levels: [{ to: ['ann'], via: ['ops'], within: '1h' }], otherwise: 'reject' };

function definitionOf(plan: object, task: object = {}) {
  const resolved = resolvePlan(planOf(written({ tasks: [{ id: 'lexer', agent: 'builder', ...task }] }, plan)), facts);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.error));
  return toSprintDefinition(resolved.value, { executionId: 'e', ownerId: 'e/sprint/core', sprintId: 'core', delivered: [] });
}

describe('what a plan says of when things go wrong', () => {
  it('reaches its sprints, and is absent there where it says nothing', () => {
    const given = definitionOf(
      { escalation, onCancel: 'compensate', reallocation: { limit: 1 }, mediation: { to: ['ann'], within: '5m' } },
      { compensation: { check: 'lint' } },
    );
    expect(given).toMatchObject({
      onCancel: 'compensate',
      escalation: { otherwise: 'reject' },
      reallocation: { limit: 1 },
      mediation: { to: ['ann'], withinMs: 300_000, limit: 20 },
      checks: [{ id: 'lint' }],
    });
    const bare = definitionOf({});
    expect(bare.checks).toEqual([]);
    for (const field of ['onCancel', 'escalation', 'reallocation', 'mediation']) expect(bare).not.toHaveProperty(field);
  });

  it('is part of what is authorized', () => {
    const hashOf = (plan: object): string => {
      const resolved = resolvePlan(planOf(written({ tasks: [{ id: 'lexer', agent: 'builder' }] }, plan)), facts);
      return resolved.ok ? planHash(resolved.value) : '';
    };
    const alerts = [{ kind: 'timeline', after: '1m' }];
    const meanwhile = [{ hold: true }, { concurrency: 1 }];
    const hashes = [
      {},
      { mediation: {} },
      { mediation: { limit: 3 } },
      { escalation },
      { escalation: { ...escalation, alerts } },
      { escalation: { ...escalation, meanwhile } },
      { escalation: { ...escalation, meanwhile: meanwhile.slice(1) } },
    ];
    expect(new Set(hashes.map(hashOf)).size).toBe(hashes.length);
    expect(hashOf({ escalation: { ...escalation, alerts: [], meanwhile: [] }, mediation: null })).toBe(hashOf({ escalation }));
  });

  it('names what the config has when it refers to something else', () => {
    const lost = written({ tasks: [{ id: 'lexer', agent: 'builder', compensation: { check: 'nothing' } }] }, { escalation });
    const messages = problemsOf(lost, { ...roster, channels: [] }).map((problem) => JSON.stringify(problem));
    expect(messages).toEqual([
      expect.stringMatching(/compensation.*nothing/),
      expect.stringContaining('the config has no channels'),
    ]);
  });

  it('has a quality crisis throttle where it does not say, and an agent that has failed rest for a minute', () => {
    const quality = { failures: 3, within: '10m' };
    const supervision = { agentFailures: 2, pickUpWithin: '30s', silentFor: '5m' };
    expect(definitionOf({ quality, supervision })).toMatchObject({
      quality: { failures: 3, withinMs: 600_000, measure: 'throttle' },
      supervision: { agentFailures: 2, restForMs: 60_000, pickUpWithinMs: 30_000, silentForMs: 300_000 },
    });
    const more = { quality: { ...quality, measure: 'pause' }, supervision: { agentFailures: 2, restFor: '1h' } };
    const strict = definitionOf(more);
    expect(strict.quality?.measure).toBe('pause');
    expect(strict.supervision).toEqual({ agentFailures: 2, restForMs: 3_600_000 });
    expect(definitionOf({ supervision: { restFor: '1h' } }).supervision).toEqual({});
  });

  it('may wait for a message, which can always come from outside', () => {
    const triggers = [{ agent: 'tester', when: { message: 'notice' } }];
    expect(problemsOf(written({ tasks: [{ id: 'lexer', agent: 'tester' }] }, { triggers }))).toEqual([]);
  });

  it('is said of a task with limits and without', () => {
    const wordsOf = (budget: object) => describeTaskBudget({ budget } as Task);
    expect(wordsOf({})).toBe('');
    expect(wordsOf({ ask: true })).toBe('asks for more of all limits');
    expect(wordsOf({ tokens: 1_000, ask: true })).toMatch(/^1.?000 tokens, asks for more of all limits$/);
  });
});
