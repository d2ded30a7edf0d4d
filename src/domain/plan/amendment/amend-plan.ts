import type { Budget } from '../../budget.ts';
import { err, ok, type Result } from '../../result.ts';
import type { Finding, Path } from '../../source/finding.ts';
import { toPath, toProblems, type Problem } from '../../source/problem.ts';
import { readShape } from '../../source/shape.ts';
import { checkJson, dataSource } from '../../source/source.ts';
import type { JsonObject, Plan, Sprint, Task } from '../plan.ts';
import { checkSize, readPlan } from '../plan-reader.ts';
import type { RosterFacts } from '../roster-facts.ts';
import { toWrittenPlan, withFields } from '../written-form.ts';
import { changesSchema } from './amendment-schema.ts';
import { applyChange } from './apply-change.ts';
import {
  allTasks,
  isOver,
  openDraft,
  type DraftSprint,
  type DraftTask,
  type PlanDraft,
  type PlanStanding,
} from './plan-draft.ts';

/** The next revision of a plan. What has not changed is the same object as before; cancelled tasks keep their places, new ones come last. */
export interface AmendedPlan {
  readonly plan: Plan;
  /** Ids of tasks that are new, changed or cancelled. */
  readonly touched: readonly string[];
  /** Of these, those that are not to go on as they were begun. */
  readonly restart: readonly string[];
  /** Budgets that agents get; undefined: none any more. */
  readonly agentBudgets: ReadonlyMap<string, Budget | undefined>;
}

/**
 * Carries out changes in a plan under way, or says all that is wrong with them, with paths into `changes`. The amended plan must be one
 * that validation would pass, and fit what has happened. Changes nothing. Never throws, whatever the changes are.
 */
export function amendPlan(
  plan: Plan,
  changes: unknown,
  { facts, standing }: { readonly facts: RosterFacts; readonly standing: PlanStanding },
): Result<AmendedPlan, Problem[]> {
  const source = dataSource({ changes });
  const guard = checkJson(source.data);
  if (guard.length > 0) return err(toProblems(source, guard));
  const shape = readShape(changesSchema, source.data, []);
  if (shape.value === null) return err(toProblems(source, shape.findings));
  const draft = openDraft(plan, standing);
  for (const [place, change] of shape.value.changes.entries()) applyChange(draft, change, ['changes', place]);
  const { written, shaped, origins } = toChecked(draft);
  const toChangeProblems = (findings: readonly Finding[]): Problem[] =>
    toProblems(dataSource(written), findings).map((problem) => toChangeProblem(problem, origins));
  const parsed = readPlan(written, facts, shaped);
  const problems = [...toProblems(source, draft.findings), ...(parsed.ok ? [] : toChangeProblems(parsed.error))];
  if (problems.length > 0 || !parsed.ok) return err(problems);
  const amended = merge(draft, parsed.value);
  const tooLarge = toChangeProblems(checkSize(amended.plan));
  return tooLarge.length > 0 ? err(tooLarge) : ok(amended);
}

interface CheckedDraft {
  readonly written: JsonObject;
  /** What of it the schema has not seen yet: a task that is as it was stands there by its id alone. */
  readonly shaped: JsonObject;
  /** Where in the changes parts come from, by their paths. */
  readonly origins: ReadonlyMap<string, string>;
}

/** The plan as validation reads it. */
function toChecked(draft: PlanDraft): CheckedDraft {
  const origins = new Map<string, string>();
  const known = new Set(allTasks(draft).flatMap((task) => (task.isCancelled ? [] : [task.id])));
  const note = (at: Path, origin: Path): void => void origins.set(toPath(at), toPath(origin));
  const sprints = draft.sprints.map((sprint, index) => {
    for (const [field, origin] of sprint.origins) note(['sprints', index, field], origin);
    const tasks = sprint.tasks.filter((task) => !task.isCancelled);
    for (const [place, task] of tasks.entries()) {
      const at = ['sprints', index, 'tasks', place];
      if (task.origin) note(at, task.origin);
      for (const [field, origin] of task.origins) note([...at, field], origin);
    }
    const written = tasks.map((task) => (isOver(draft, task) ? toOverTask(task, known) : task.written));
    const shaped = tasks.map((task, place) => (isAsItWas(task) ? { id: task.id } : written[place]));
    return { written: { ...sprint.written, tasks: written }, shaped: { ...sprint.written, tasks: shaped } };
  });
  const triggers = draft.plan.triggers.filter(({ agent }) => draft.standing.isInactive(agent));
  const { planBudget } = draft;
  if (planBudget) note(['budget'], planBudget.at);
  const budget = planBudget && { budget: planBudget.written };
  const plan = { ...toWrittenPlan({ ...draft.plan, sprints: [], triggers }), ...budget };
  const withSprints = (form: 'written' | 'shaped') => ({ ...plan, sprints: sprints.map((sprint) => sprint[form]) }) as JsonObject;
  return { written: withSprints('written'), shaped: withSprints('shaped'), origins };
}

const isAsItWas = ({ origin, origins }: DraftTask): boolean => origin === null && origins.size === 0;

/** Who did what is over does not matter any more: its agent may have left. */
function toOverTask({ old, written }: DraftTask, known: ReadonlySet<string>): Record<string, unknown> {
  const dependsOn = (old as Task).dependsOn.filter((on) => known.has(on.task));
  return { ...written, agent: null, skills: [], dependsOn };
}

/** A mistake in the amended plan, at the change that it comes from. */
function toChangeProblem(problem: Problem, origins: ReadonlyMap<string, string>): Problem {
  for (
    let end = problem.path.length;
    end > 0;
    end = Math.max(problem.path.lastIndexOf('.', end - 1), problem.path.lastIndexOf('[', end - 1))
  ) {
    const origin = origins.get(problem.path.slice(0, end));
    if (origin !== undefined) return { ...problem, path: origin + problem.path.slice(end) };
  }
  const place = problem.path === '' ? '' : ` (at ${problem.path} of the amended plan)`;
  return { ...problem, path: 'changes', message: problem.message + place };
}

function merge(draft: PlanDraft, parsed: Plan): AmendedPlan {
  const touched: string[] = [];
  const sprints = draft.sprints.map((sprint, index) => {
    const tasks = mergeTasks(sprint, parsed.sprints[index] as Sprint);
    for (const [place, task] of tasks.entries()) if (task !== sprint.old.tasks[place]) touched.push(task.id);
    return mergeSprint(sprint, parsed.sprints[index] as Sprint, tasks);
  });
  const restart = [...draft.restart].filter((id) => touched.includes(id));
  const plan = { ...draft.plan, sprints };
  return {
    plan: draft.planBudget === undefined ? plan : withFields(plan, parsed, ['budget']),
    touched,
    restart,
    agentBudgets: draft.agentBudgets,
  };
}

function mergeTasks({ tasks }: DraftSprint, parsed: Sprint): Task[] {
  const byId = new Map(parsed.tasks.map((task) => [task.id, task]));
  return tasks.flatMap((draft): Task[] => {
    const { id, old, isCancelled } = draft;
    if (old && isCancelled) return [old.cancelled ? old : { ...old, cancelled: true }];
    const now = byId.get(id);
    if (isCancelled || now === undefined) return [];
    return [old === null ? now : mergeTask(draft, old, now)];
  });
}

function mergeTask({ origins, written }: DraftTask, old: Task, now: Task): Task {
  if (origins.size === 0) return old;
  const changed = withFields(old, now, origins.keys());
  if (!origins.has('budget')) return changed;
  const budget = withFields(old.budget, now.budget, Object.keys((written['budget'] as object | null) ?? now.budget));
  return { ...changed, budget };
}

function mergeSprint({ old, origins }: DraftSprint, parsed: Sprint, tasks: Task[]): Sprint {
  const hasSameTasks = tasks.length === old.tasks.length && tasks.every((task, place) => task === old.tasks[place]);
  if (hasSameTasks && origins.size === 0) return old;
  return { ...withFields(old, parsed, origins.keys()), tasks: hasSameTasks ? old.tasks : tasks };
}
