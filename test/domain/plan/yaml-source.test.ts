import { describe, expect, test } from 'vitest';
import { parsePlan } from '../../../src/domain/plan/plan-reader.ts';
import { describeValue, formatProblem, formatProblems, toPath, toProblems } from '../../../src/domain/source/problem.ts';
import { dataSource } from '../../../src/domain/source/source.ts';
import { readYaml } from '../../../src/domain/source/yaml-source.ts';
import { roster } from './plan-fixture.ts';

const HEAD = 'pact: 1\nproject: { name: Parser }\n';

const report = (text: string): string => {
  const { source, findings } = readYaml(text, 'plan.yaml');
  if (findings.length > 0) return formatProblems(toProblems(source, findings));
  const plan = parsePlan(source, roster);
  return plan.ok ? '' : formatProblems(plan.error);
};

describe('places of problems', () => {
  test.each([
    [
      'a value',
      `${HEAD}sprints:\n  - id: core\n    tasks:\n      - id: a\n        agent: bulder\n`,
      /^plan\.yaml:7:16: sprints\[0\]\.tasks\[0\]\.agent: unknown agent/,
    ],
    [
      'the name of an unknown field',
      `${HEAD}sprints:\n  - id: core\n    tasks:\n      - { id: a, titel: x }\n`,
      /^plan\.yaml:6:18: .*unknown field "titel"/,
    ],
    [
      'the map that lacks a field',
      `${HEAD}sprints:\n  - id: core\n    tasks:\n      - agent: builder\n`,
      /^plan\.yaml:6:9: sprints\[0\]\.tasks\[0\]\.id: "id" is missing/,
    ],
    [
      'a part shared by an alias, where it is written',
      `${HEAD}sprints:\n  - id: core\n    tasks:\n      - id: a\n        budget: &b { attempts: 0 }\n      - id: b\n        budget: *b\n`,
      /^plan\.yaml:7:32: sprints\[0\]\.tasks\[0\]\.budget.*\nplan\.yaml:7:32: sprints\[0\]\.tasks\[1\]/s,
    ],
    [
      'JSON',
      `{\n\t"pact": 1,\n\t"project": {"name": 7},\n\t"sprints": []\n}`,
      /^plan\.yaml:3:22: project\.name: .*\nplan\.yaml:4:13: sprints:/s,
    ],
    [
      'JSON as a program writes it',
      `${JSON.stringify({ pact: 1, project: { name: 7 }, sprints: [] }, null, 2)}\n`,
      /^plan\.yaml:4:13: project\.name: .*\nplan\.yaml:6:14: sprints:/s,
    ],
    ['JSON on one line', '{"pact":1,"project":{"name":7},"sprints":[]}', /^plan\.yaml:1:29: project\.name/],
    ['JSON with a key that is there twice', '{"pact":1,"pact":1}', /^plan\.yaml:1:11: not valid YAML: .*unique/],
    ['an empty file', '', /^plan\.yaml:1:1: expected a map; got null$/],
    [
      'a field with an empty value',
      `${HEAD}sprints:\n`,
      /^plan\.yaml:3:9: sprints: expected at least one sprint|^plan\.yaml:3:\d+: sprints: expected a list; got null/,
    ],
  ])('point to %s', (_, text, expected) => {
    expect(report(text)).toMatch(expected);
  });

  test.each([
    ['a key that is there twice', 'pact: 1\npact: 1\n', /^plan\.yaml:2:1: not valid YAML: .*unique/],
    ['bad syntax', 'a: [1,\nb: "x\n', /^plan\.yaml:\d+:\d+: not valid YAML/],
    ['several documents', 'a: 1\n---\nb: 2\n', /^plan\.yaml:\d+:\d+: not valid YAML/],
    ['an unknown tag', 'a: !secret x\n', /^plan\.yaml:1:4: not valid YAML: .*tag/],
    [
      'aliases that explode',
      `a: &a [1,1,1,1,1,1,1,1,1]\n${'abcdefgh'
        .split('')
        .slice(1)
        .map((id, n) => `${id}: &${id} [${Array(9).fill(`*${'abcdefgh'[n]}`).join()}]`)
        .join('\n')}\n`,
      /not readable as YAML: .*alias/i,
    ],
    ['nesting that exhausts the stack', '['.repeat(50_000), /^plan\.yaml: .*not readable|not valid/],
    ['files beyond the limit', `a: "${'x'.repeat(9_000_000)}"`, /too large/],
  ])('refuse %s', (_, text, expected) => {
    expect(report(text)).toMatch(expected);
  });

  test.each([
    ['an empty file', '', ['a'], { line: 1, column: 1 }],
    ['a scalar', 'a: 1\nb: 2\n', ['b', 'c'], { line: 2, column: 4 }],
    ['a list', 'a:\n  - 1\n', ['a', 7], { line: 2, column: 3 }],
  ])('below %s that has no such part are its own', (_, text, path, place) => {
    expect(readYaml(text, 'plan.yaml').source.placeOf(path, 'value')).toEqual(place);
  });

  test('are left out of the words about data that came whole in a message', () => {
    const result = parsePlan(dataSource(7), roster);
    expect(result.ok ? '' : formatProblems(result.error)).toBe('expected a map; got 7');
  });

  test('are null for data that came in a message', () => {
    const result = parsePlan(dataSource({}), roster);
    expect(result.ok ? [] : result.error[0]).toMatchObject({ file: null, line: null, column: null, path: 'pact' });
    expect(result.ok ? '' : formatProblem(result.error[0]!)).toBe(
      'pact: "pact" is missing: expected 1, the version of the format',
    );
  });
});

describe('words of problems', () => {
  test('values are described in few characters', () => {
    const values = [undefined, null, true, 1.5, 'x'.repeat(200), [], [1, 2], {}, { a: 1, b: 2, c: 3, d: 4 }, () => 1];
    expect(values.map(describeValue)).toEqual([
      'nothing',
      'null',
      'true',
      '1.5',
      `"${'x'.repeat(79)}…"`,
      'an empty list',
      'a list of 2',
      'an empty map',
      'a map with "a", "b", "c", …',
      'a function',
    ]);
  });

  test('odd keys are quoted in paths', () => {
    expect(toPath(['a', 0, 'b c', 'd-e'])).toBe('a[0]["b c"].d-e');
  });

  test('problems are sorted by place and each is said once', () => {
    const { source } = readYaml('a: 1\nb: 2\n', 'x.yaml');
    const problems = toProblems(source, [
      { at: ['b'], message: 'm' },
      { at: ['a'], on: 'key', message: 'm' },
      { at: ['b'], message: 'm' },
    ]);
    expect(problems.map(formatProblem)).toEqual(['x.yaml:1:1: a: m', 'x.yaml:2:4: b: m']);
  });
});
