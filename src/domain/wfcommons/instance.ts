import { ID_PATTERN } from '../ids.ts';
import { elementAt } from '../lookup.ts';
import { didYouMean } from '../nearest.ts';
import { describeCycle, findCycles } from '../plan/cycles.ts';
import { MAX_TASKS } from '../plan/rules/limits.ts';
import { err, ok, type Result } from '../result.ts';
import type { Finding, Path } from '../source/finding.ts';
import { type Problem, quote, toProblems } from '../source/problem.ts';
import { readShape } from '../source/shape.ts';
import { dataSource } from '../source/source.ts';
import { earlyWfFormatSchema, firstWfFormatSchema, wfFormatSchema, type WfRuntime, type WfTask } from './wf-format.ts';

/** A workflow that has been run and recorded: what it was made of and how long each task took. */
export interface WorkflowInstance {
  readonly name: string;
  readonly tasks: readonly InstanceTask[];
  /** Tasks whose run time the record does not give: 0 is taken. */
  readonly withoutRuntime: number;
}

export interface InstanceTask {
  readonly id: string;
  readonly runtimeSeconds: number;
  /** Positions of the tasks before it, each once, in order. */
  readonly dependsOn: readonly number[];
}

/**
 * Reads a WfCommons instance of any version. A task depends on its parents and on whoever has it among the children.
 * @returns the instance, or every mistake with its JSON path; throws nothing.
 */
export function readInstance(data: unknown, file: string | null): Result<WorkflowInstance, Problem[]> {
  const fail = (findings: readonly Finding[]): Result<never, Problem[]> =>
    err(toProblems({ ...dataSource(data), file }, findings));
  const written = readWritten(data);
  if ('findings' in written) return fail(written.findings);
  const { tasks, at } = written;
  if (tasks.length > MAX_TASKS) {
    const message = `too many tasks: ${tasks.length}; a plan has at most ${MAX_TASKS}`;
    return fail([{ at, expected: `at most ${MAX_TASKS} tasks`, got: String(tasks.length), message }]);
  }
  const names = nameTasks(tasks, at);
  const edges = readEdges(tasks, names.numberOf, at);
  const findings = [...names.findings, ...edges.findings];
  if (findings.length > 0) return fail(findings);
  const cycles = findCycles(edges.dependsOn).map((cycle): Finding => {
    const path = describeCycle(cycle.toReversed().map((task) => elementAt(names.ids, task)));
    return { at, message: `the tasks wait for each other in a circle: ${path}`, hint: 'a workflow is a graph without cycles' };
  });
  if (cycles.length > 0) return fail(cycles);
  let withoutRuntime = 0;
  const read = tasks.map((task, number): InstanceTask => {
    const seconds = secondsOf(written.recorded.get(elementAt(names.ids, number))) ?? secondsOf(task);
    if (seconds === null) withoutRuntime += 1;
    return { id: elementAt(names.ids, number), runtimeSeconds: seconds ?? 0, dependsOn: elementAt(edges.dependsOn, number) };
  });
  return ok({ name: written.name, tasks: read, withoutRuntime });
}

interface WrittenInstance {
  readonly name: string;
  readonly tasks: readonly WfTask[];
  /** Where the tasks stand. */
  readonly at: Path;
  /** Run times by task id. Of a task that was run several times the last one counts. */
  readonly recorded: ReadonlyMap<string, WfRuntime>;
}

/** The form is told by where the tasks are; what has none of them is measured by the newest. */
function readWritten(data: unknown): WrittenInstance | { readonly findings: readonly Finding[] } {
  const workflow = Object(Object(data).workflow) as object;
  const nameOf = (name: string | null | undefined): string => (name ?? '') || 'workflow';
  if (!('specification' in workflow) && 'tasks' in workflow) {
    const { value, findings } = readShape(earlyWfFormatSchema, data, []);
    if (value === null) return { findings };
    return { name: nameOf(value.name), tasks: value.workflow.tasks, at: ['workflow', 'tasks'], recorded: new Map() };
  }
  if (!('specification' in workflow) && 'jobs' in workflow) {
    const { value, findings } = readShape(firstWfFormatSchema, data, []);
    if (value === null) return { findings };
    return { name: nameOf(value.name), tasks: value.workflow.jobs, at: ['workflow', 'jobs'], recorded: new Map() };
  }
  const { value, findings } = readShape(wfFormatSchema, data, []);
  if (value === null) return { findings };
  const { specification, execution } = value.workflow;
  const recorded = new Map((execution?.tasks ?? []).map((task) => [task.id, task]));
  return { name: nameOf(value.name), tasks: specification.tasks, at: ['workflow', 'specification', 'tasks'], recorded };
}

const secondsOf = (task: WfRuntime | undefined): number | null => task?.runtimeInSeconds ?? task?.runtime ?? null;

/** Ids must be unique; names, by which older versions refer to each other, count where no id does. */
function nameTasks(tasks: readonly WfTask[], at: Path) {
  const findings: Finding[] = [];
  const numberOf = new Map<string, number>();
  const ids = tasks.map((task, number) => {
    const id = task.id ?? task.name ?? '';
    const known = numberOf.get(id);
    if (id === '') findings.push({ at: [...at, number], message: 'a task without id and name', expected: 'an id' });
    else if (known === undefined) numberOf.set(id, number);
    else {
      const message = `two tasks have the id ${quote(id)}: numbers ${known} and ${number}`;
      findings.push({ at: [...at, number, 'id'], expected: 'an id of its own', got: quote(id), message });
    }
    return id;
  });
  for (const [number, { name }] of tasks.entries()) if (name && !numberOf.has(name)) numberOf.set(name, number);
  return { ids, numberOf, findings };
}

function readEdges(tasks: readonly WfTask[], numberOf: ReadonlyMap<string, number>, at: Path) {
  const findings: Finding[] = [];
  const before = tasks.map(() => new Set<number>());
  const look = (id: string, path: Path): number | null => {
    const number = numberOf.get(id);
    if (number !== undefined) return number;
    const hint = numberOf.size > 1_000 ? null : didYouMean(id, [...numberOf.keys()]);
    findings.push({ at: path, expected: 'the id of a task', got: quote(id), message: `unknown task ${quote(id)}`, hint });
    return null;
  };
  for (const [task, { parents, children }] of tasks.entries()) {
    for (const [place, id] of (parents ?? []).entries()) {
      const parent = look(id, [...at, task, 'parents', place]);
      if (parent !== null) elementAt(before, task).add(parent);
    }
    for (const [place, id] of (children ?? []).entries()) {
      const child = look(id, [...at, task, 'children', place]);
      if (child !== null) elementAt(before, child).add(task);
    }
  }
  return { findings, dependsOn: before.map((set) => [...set].toSorted((a, b) => a - b)) };
}

/** Ids that a plan accepts, unique, as near to the instance's as can be: other characters become "_", a second one ends in "-2". */
export function toPlanIds(ids: readonly string[]): string[] {
  const taken = new Set<string>(ids.filter((id) => ID_PATTERN.test(id)));
  const suffixes = new Map<string, number>();
  return ids.map((id) => {
    if (ID_PATTERN.test(id)) return id;
    const stem = id
      .replaceAll(/[^A-Za-z0-9._-]/g, '_')
      .replace(/^[^A-Za-z0-9]/, 't$&')
      .slice(0, 120);
    let chosen = stem;
    while (taken.has(chosen)) {
      const next = (suffixes.get(stem) ?? 1) + 1;
      suffixes.set(stem, next);
      chosen = `${stem}-${next}`;
    }
    taken.add(chosen);
    return chosen;
  });
}
