import { expect, test } from 'vitest';
import { problemsOf, written } from './plan-fixture.ts';

export interface Case {
  readonly name: string;
  readonly data: unknown;
  readonly path: string;
  readonly says: RegExp;
  readonly hint?: RegExp;
}

export const sprints = (...list: object[]) => written({}, { sprints: list });
export const task = (id: string, changes: object = {}) => ({ id, agent: 'builder', ...changes });
export const triggers = (...list: object[]) =>
  written({ tasks: [task('lexer', { deliverables: [{ id: 'code', path: 'a' }] }), task('parser')] }, { triggers: list });

/** One test per case: the problem is there, at its path, with its words and its hint. */
export function testCases(cases: readonly Case[]): void {
  test.each(cases)('$name', ({ data, path, says, hint }) => {
    const problems = problemsOf(data);
    const found = problems.find((problem) => problem.path === path && says.test(problem.message));
    expect(found, JSON.stringify(problems, null, 2)).toBeDefined();
    expect(found?.hint ?? '').toMatch(hint ?? /^/);
  });
}
