import type { Amounts, Budget, WrittenBudget } from '../../budget.ts';
import { didYouMean } from '../../nearest.ts';
import type { Finding, Path } from '../../source/finding.ts';
import { quote } from '../../source/problem.ts';
import type { TaskPhase } from '../../views.ts';
import type { JsonObject, Plan, Sprint, Task } from '../plan.ts';
import { toWrittenSprint, toWrittenTask } from '../written-form.ts';

/** How far the plan is, as far as an amendment must fit it. */
export interface PlanStanding {
  readonly taskState: (taskId: string) => TaskPhase;
  readonly isSprintOver: (sprintId: string) => boolean;
  /** Agents that wait for one of their triggers. */
  readonly isInactive: (agentId: string) => boolean;
  /** By agents of the plan, each with its budget. */
  readonly agentBudgets: ReadonlyMap<string, Budget | undefined>;
  /** What an account (`plan/plan`, `sprint/<id>`, `agent/<id>`, `task/<id>`) has used, as far as it has been told. */
  readonly accountOf: (accountId: string) => AccountStanding;
}

export interface AccountStanding {
  readonly spent: Amounts;
  /** By people, beside what the budget says. */
  readonly toppedUp: Amounts;
}

/** A plan on its way to the next revision, in its written form, with where each part of it comes from. */
export interface PlanDraft {
  readonly plan: Plan;
  readonly standing: PlanStanding;
  readonly sprints: DraftSprint[];
  readonly findings: Finding[];
  /** Ids of tasks that are to go on as changed at once. */
  readonly restart: Set<string>;
  /** A budget that the whole plan gets (null: none), and where it stands; undefined: it keeps what it has. */
  planBudget: { readonly written: WrittenBudget | null; readonly at: Path } | undefined;
  /** New budgets of agents; undefined: none any more. */
  readonly agentBudgets: Map<string, Budget | undefined>;
}

/** What `setField` changes. */
interface DraftFields {
  written: Readonly<Record<string, unknown>>;
  /** Where in the changes each field that has been set stands. */
  origins: ReadonlyMap<string, Path>;
}

/** Its tasks are not in `written`. */
export interface DraftSprint extends DraftFields {
  readonly old: Sprint;
  readonly tasks: DraftTask[];
}

export interface DraftTask extends DraftFields {
  readonly id: string;
  /** Null for a new one. */
  readonly old: Task | null;
  readonly sprint: DraftSprint;
  /** Where the whole of a new task stands; null for one that is there already. */
  readonly origin: Path | null;
  isCancelled: boolean;
}

export function openDraft(plan: Plan, standing: PlanStanding): PlanDraft {
  const sprints = plan.sprints.map((old): DraftSprint => {
    const sprint: DraftSprint = { old, written: toWrittenSprint(old), origins: NOTHING_SET, tasks: [] };
    sprint.tasks.push(...old.tasks.map((task) => toDraftTask(task, sprint)));
    return sprint;
  });
  return { plan, standing, sprints, findings: [], restart: new Set(), planBudget: undefined, agentBudgets: new Map() };
}

export const NOTHING_SET: ReadonlyMap<string, Path> = new Map();

/** Gives a field another value, which stands at that place in the changes. */
export function setField(of: DraftFields, field: string, value: unknown, at: Path): void {
  of.written = { ...of.written, [field]: value };
  of.origins = new Map(of.origins).set(field, at);
}

const toDraftTask = (old: Task, sprint: DraftSprint): DraftTask => ({
  id: old.id,
  old,
  sprint,
  written: toWrittenTask(old),
  origin: null,
  origins: NOTHING_SET,
  isCancelled: old.cancelled === true,
});

export const allTasks = ({ sprints }: PlanDraft): DraftTask[] => sprints.flatMap(({ tasks }) => tasks);

export const stateOf = ({ standing }: PlanDraft, { id, old }: DraftTask): TaskPhase =>
  old === null ? 'waiting' : standing.taskState(id);

export const isOver = (draft: PlanDraft, task: DraftTask): boolean =>
  ['done', 'failed', 'cancelled', 'skipped'].includes(stateOf(draft, task));

export const isRunning = (draft: PlanDraft, task: DraftTask): boolean => ['running', 'blocked'].includes(stateOf(draft, task));

/** Adds a finding; answers null so that callers can return it. */
export function object(draft: PlanDraft, at: Path, message: string, hint: string | null = null): null {
  draft.findings.push({ at, message, hint });
  return null;
}

/** A sprint that may still be changed, or null with a finding. */
export function findSprint(draft: PlanDraft, id: string, at: Path): DraftSprint | null {
  const sprint = draft.sprints.find(({ old }) => old.id === id);
  if (!sprint) {
    const ids = draft.sprints.map(({ old }) => old.id);
    return object(draft, at, `unknown sprint ${quote(id)}`, didYouMean(id, ids) ?? `the plan has ${ids.slice(0, 10).join(', ')}`);
  }
  if (draft.standing.isSprintOver(id)) return object(draft, at, `sprint ${id} is over: it cannot be amended`);
  return sprint;
}

/** A task that may still be changed, or null with a finding. */
export function findTask(draft: PlanDraft, id: string, at: Path): DraftTask | null {
  const tasks = allTasks(draft);
  const task = tasks.find((one) => one.id === id);
  if (!task) {
    const near = didYouMean(
      id,
      tasks.map((one) => one.id),
    );
    return object(draft, at, `unknown task ${quote(id)}`, near ?? 'the query tasks lists them');
  }
  if (draft.standing.isSprintOver(task.sprint.old.id))
    return object(draft, at, `sprint ${task.sprint.old.id} of task ${id} is over`);
  if (isOver(draft, task)) return object(draft, at, `task ${id} is ${stateOf(draft, task)}: it cannot be changed any more`);
  if (task.isCancelled) return object(draft, at, `task ${id} is cancelled by another change of this amendment`);
  return task;
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Ids of the tasks that a written task depends on. */
export const dependenciesOf = ({ written }: DraftTask): string[] =>
  listOf(written['dependsOn']).map((on) => (typeof on === 'string' ? on : String((on as JsonObject)['task'])));
