import type { Finding } from '../../source/finding.ts';
import { jsonBytes } from '../../json-size.ts';
import { quote } from '../../source/problem.ts';
import { toDeclaredPath } from '../declared-path.ts';
import type { Mention } from '../outline.ts';
import type { Rule } from './rule-context.ts';

export const MAX_TASKS = 10_000;
export const MAX_SPRINTS = 1_000;
export const MAX_DELIVERABLES = 1_000;
/** In the whole plan: what they deliver travels and is listed with their hashes. */
const MAX_ALL_DELIVERABLES = 30_000;
/** Bytes of a task's `input` as JSON. */
export const MAX_INPUT_BYTES = 64 * 1024;
/** Bytes of the plan in its compact form: what workflows hold and unpack within one of their tasks. */
export const MAX_PLAN_BYTES = 8 * 1024 * 1024;

/** Sizes within the engine's limits, paths inside the workspace, times in order, capacities the config has. */
export const limitRule: Rule = ({ outline, tasks, facts }) => [
  ...tooMany('sprints', outline.sprints.length, MAX_SPRINTS),
  ...tooMany('tasks', tasks.length, MAX_TASKS),
  ...tooMany(
    'deliverables',
    tasks.reduce((sum, { deliverables }) => sum + deliverables.length, 0),
    MAX_ALL_DELIVERABLES,
  ),
  ...tasks.flatMap((task) => [
    ...tooMany('deliverables', task.deliverables.length, MAX_DELIVERABLES, [...task.at, 'deliverables']),
    ...tooLargeInput(task.input, [...task.at, 'input']),
    ...task.paths.flatMap((path) => badPath('path', path)),
    ...task.deliverables.flatMap(({ path }) => (path === null ? [] : badPath('deliverable', path))),
    ...samePlace(task.deliverables.flatMap(({ path }) => path ?? [])),
  ]),
  ...outline.resources.flatMap(({ id, at, capacity }) => {
    const configured = facts?.resources.find((resource) => resource.id === id)?.capacity ?? capacity;
    if (capacity <= configured) return [];
    const message = `resource ${id} has capacity ${configured} in the config, the plan wants ${capacity}`;
    return [
      { at, expected: `at most ${configured}`, got: String(capacity), message, hint: 'the config knows the real resource' },
    ];
  }),
];

const tooMany = (what: string, size: number, most: number, at: Finding['at'] = ['sprints']): Finding[] =>
  size <= most
    ? []
    : [
        {
          at,
          expected: `at most ${most} ${what}`,
          got: String(size),
          message: `too many ${what}: ${size}; the limit is ${most}`,
          hint: what === 'deliverables' ? 'name a folder that holds them' : 'split the plan',
        },
      ];

function tooLargeInput(input: unknown, at: Finding['at']): Finding[] {
  const size = jsonBytes(input ?? null);
  if (size <= MAX_INPUT_BYTES) return [];
  const message = `the input of the task takes ${size} bytes as JSON; the limit is ${MAX_INPUT_BYTES}`;
  return [
    {
      at,
      expected: `at most ${MAX_INPUT_BYTES} bytes`,
      got: `${size} bytes`,
      message,
      hint: 'put it into a file and name the file',
    },
  ];
}

function badPath(what: string, { id, at }: Mention): Finding[] {
  const path = toDeclaredPath(id);
  if (path.ok) return [];
  return [{ at, expected: `a path that ${path.error}`, got: quote(id), message: `the ${what} ${quote(id)} ${path.error}` }];
}

function samePlace(paths: readonly Mention[]): Finding[] {
  const seen = new Set<string>();
  return paths.flatMap(({ id, at }) => {
    const path = toDeclaredPath(id);
    if (!path.ok || !seen.has(path.value)) {
      if (path.ok) seen.add(path.value);
      return [];
    }
    return [
      { at, expected: 'a path of its own', got: quote(id), message: `two deliverables of the task have the path ${quote(id)}` },
    ];
  });
}
