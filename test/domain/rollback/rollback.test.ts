import { describe, expect, it } from 'vitest';
import { createRollback, evolveRollback, type RollbackEffect, type RollbackNews } from '../../../src/domain/rollback/rollback.ts';
import { toRollbackView } from '../../../src/domain/rollback/rollback-view.ts';
import type { UndoStep } from '../../../src/domain/rollback/undo-step.ts';

const START = Date.parse('2026-12-01T09:00:00Z');

const step = (task: string, given: Partial<UndoStep> = {}): UndoStep => ({
  id: `${task}#1`,
  kind: 'undo',
  task,
  attempt: 1,
  queue: 'q',
  deliverables: [],
  ...given,
});
const compensated = (task: string): UndoStep => step(task, { compensation: { id: 'undo', digest: 'd' } });

function rollbackOf(steps: readonly UndoStep[]) {
  const state = createRollback({ executionId: 'e', folder: 'core-1', title: 'rolled back', steps }, START);
  const idsOf = (effects: readonly RollbackEffect[]): string[] =>
    effects.flatMap((effect) => (effect.type === 'undo' ? effect.steps.map(({ id }) => id) : [`says ${effect.said.step}`]));
  const end = (results: Readonly<Record<string, boolean>>): string[] =>
    idsOf(
      evolveRollback(state, {
        type: 'stepsEnded',
        at: START + 1,
        results: Object.entries(results).map(([task, ok]) => ({
          id: `${task}#1`,
          ok,
          detail: ok ? '' : 'no',
          startedAt: START,
          endedAt: START + 1,
        })),
      }),
    );
  const hear = (news: Partial<RollbackNews>): string[] =>
    idsOf(
      evolveRollback(state, {
        type: 'heard',
        at: START + 2,
        news: { type: 'decided', step: 'a#1', decision: 'retry', by: 'ann', ...news },
      }),
    );
  const start = (): string[] => idsOf(evolveRollback(state, { type: 'started', at: START }));
  const lose = (): string[] => idsOf(evolveRollback(state, { type: 'ownerGone', at: START + 3 }));
  return { state, start, end, hear, lose };
}

describe('rollback', () => {
  it('undoes steps with a command one by one, others of a queue together, and ends when all are undone', () => {
    const { state, start, end } = rollbackOf([
      compensated('a'),
      step('b'),
      step('c'),
      step('d', { queue: 'other' }),
      compensated('e'),
    ]);
    expect(start()).toEqual(['a#1']);
    expect(end({ a: true })).toEqual(['b#1', 'c#1']);
    expect(end({ b: true, c: true })).toEqual(['d#1']);
    expect(end({ d: true })).toEqual(['e#1']);
    expect(end({ e: true })).toEqual([]);
    expect(state.outcome).toMatchObject({ how: 'done', settled: 5, skipped: 0 });
    expect(toRollbackView(state)).toMatchObject({ phase: 'done', total: 5, settled: 5, endedAt: '2026-12-01T09:00:00.001Z' });
    expect(end({ a: true })).toEqual([]);
  });

  it('has nothing to do without steps', () => {
    const { state, start } = rollbackOf([]);
    expect(start()).toEqual([]);
    expect(state.outcome?.how).toBe('done');
  });

  it('stops at a step that fails until somebody decides: once more, or leave it as it is', () => {
    const { state, start, end, hear } = rollbackOf([step('a'), step('b')]);
    expect(start()).toEqual(['a#1', 'b#1']);
    expect(toRollbackView(state).phase).toBe('undoing');
    expect(end({ a: false })).toEqual(['says a#1']);
    expect(toRollbackView(state)).toMatchObject({ phase: 'waiting', steps: [{ id: 'a#1', state: 'failed' }] });
    expect(hear({ step: 'b#1' })).toEqual([]);
    expect(hear({})).toEqual(['a#1', 'b#1']);
    expect(hear({})).toEqual([]);
    expect(end({ a: false })).toEqual(['says a#1']);
    expect(hear({ decision: 'skip', by: null })).toEqual(['b#1']);
    expect(end({ b: true })).toEqual([]);
    expect(state.outcome).toMatchObject({ how: 'done', settled: 2, skipped: 1 });
    expect(toRollbackView(state).steps.map(({ state: how, detail }) => [how, detail])).toEqual([
      ['skipped', 'skipped by nobody: no'],
      ['undone', ''],
    ]);
  });

  it('ends there when somebody says so, or when nobody is left to be asked', () => {
    const told = rollbackOf([step('a'), compensated('b')]);
    told.start();
    told.end({ a: true });
    told.end({ b: false });
    expect(told.hear({ step: 'b#1', decision: 'abandon' })).toEqual([]);
    expect(told.state.outcome).toMatchObject({ how: 'abandoned', settled: 1 });

    const alone = rollbackOf([step('a')]);
    alone.start();
    expect(alone.lose()).toEqual([]);
    expect(alone.state.outcome).toBeNull();
    alone.end({ a: false });
    alone.lose();
    expect(alone.state.outcome).toMatchObject({ how: 'abandoned', settled: 0 });
  });
});
