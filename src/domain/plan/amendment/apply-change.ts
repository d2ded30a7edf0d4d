import type { WrittenBudget } from '../../budget.ts';
import type { Path } from '../../source/finding.ts';
import type { PlanChange } from './amendment-schema.ts';
import { changeAgent, changePlan, checkUsed } from './budget-changes.ts';
import {
  allTasks,
  dependenciesOf,
  findSprint,
  findTask,
  isOver,
  isRunning,
  listOf,
  NOTHING_SET,
  object,
  setField,
  stateOf,
  type DraftSprint,
  type DraftTask,
  type PlanDraft,
} from './plan-draft.ts';

/** The change carried out in the draft, or a finding. @param at Where the change stands. */
export function applyChange(draft: PlanDraft, change: PlanChange, at: Path): void {
  if ('addTask' in change) return addTask(draft, change.addTask, [...at, 'addTask']);
  if ('cancelTask' in change) return cancelTask(draft, change.cancelTask, [...at, 'cancelTask']);
  if ('splitTask' in change) return splitTask(draft, change.splitTask, [...at, 'splitTask']);
  if ('changeTask' in change) return changeTask(draft, change.changeTask, [...at, 'changeTask']);
  if ('changeSprint' in change) return changeSprint(draft, change.changeSprint, [...at, 'changeSprint']);
  if ('changePlan' in change) return changePlan(draft, change.changePlan, [...at, 'changePlan']);
  if ('changeAgent' in change) return changeAgent(draft, change.changeAgent, [...at, 'changeAgent']);
  if ('addAgent' in change) return changeTeam(draft, change.addAgent, [...at, 'addAgent'], true);
  return changeTeam(draft, change.removeAgent, [...at, 'removeAgent'], false);
}

type Of<Kind extends string> = PlanChange extends infer Change ? (Change extends Record<Kind, infer Body> ? Body : never) : never;
type WrittenFields = Readonly<Record<string, unknown>>;

function addTask(draft: PlanDraft, { sprint: id, task }: Of<'addTask'>, at: Path): void {
  const sprint = findSprint(draft, id, [...at, 'sprint']);
  if (sprint) insert(draft, sprint, task, [...at, 'task']);
}

function insert(
  draft: PlanDraft,
  sprint: DraftSprint,
  written: WrittenFields & { readonly id: string },
  at: Path,
): DraftTask | null {
  const { id } = written;
  if (allTasks(draft).some((task) => task.id === id)) return object(draft, [...at, 'id'], `the plan has a task ${id} already`);
  const task: DraftTask = {
    id,
    old: null,
    sprint,
    written: { ...written },
    origin: at,
    origins: NOTHING_SET,
    isCancelled: false,
  };
  checkDependencies(draft, task, at);
  sprint.tasks.push(task);
  return task;
}

/** Nothing can wait for what will not be done; tasks that are unknown or on a cycle are found by the rules of plans. */
function checkDependencies(draft: PlanDraft, task: DraftTask, at: Path): void {
  for (const [place, id] of dependenciesOf(task).entries()) {
    const other = allTasks(draft).find((one) => one.id === id);
    if (other === undefined) continue;
    const state = stateOf(draft, other);
    const isLost = other.isCancelled || (isOver(draft, other) && state !== 'done');
    if (isLost)
      object(
        draft,
        [...at, 'dependsOn', place],
        `task ${id} ${other.isCancelled ? 'is cancelled' : `is ${state}`}: nothing can wait for it`,
      );
  }
}

function cancelTask(draft: PlanDraft, { task: id, dependents }: Of<'cancelTask'>, at: Path): void {
  const task = findTask(draft, id, [...at, 'task']);
  if (task) callOff(draft, task, dependents ?? null, at);
}

function callOff(draft: PlanDraft, task: DraftTask, dependents: 'release' | 'cancel' | null, at: Path): void {
  task.isCancelled = true;
  for (const other of dependentsOf(draft, task)) {
    if (dependents === 'cancel') callOff(draft, other, dependents, at);
    else if (dependents === 'release') relink(other, task.id, [], at);
    else {
      const hint = 'say dependents: release, or dependents: cancel, or change what it depends on first';
      object(draft, [...at, 'task'], `task ${other.id} depends on ${task.id}`, hint);
    }
  }
  replaceInCheckpoints(draft, task, [], at);
  checkTriggers(draft, task, at);
}

const dependentsOf = (draft: PlanDraft, { id }: DraftTask): DraftTask[] =>
  allTasks(draft).filter((other) => !other.isCancelled && !isOver(draft, other) && dependenciesOf(other).includes(id));

/** Puts other tasks in the place of one that is depended on. */
function relink(task: DraftTask, gone: string, instead: readonly string[], at: Path): void {
  const kept = dependenciesOf(task).filter((id) => id !== gone && !instead.includes(id));
  setField(task, 'dependsOn', [...kept, ...instead], at);
}

/** The parts inherit what the task depends on, where they give nothing else, and what depends on it waits for the last of them. */
function splitTask(draft: PlanDraft, { task: id, into }: Of<'splitTask'>, at: Path): void {
  const task = findTask(draft, id, [...at, 'task']);
  if (!task) return;
  const parts = into.flatMap((part, place) => {
    const inherited = part.dependsOn === undefined ? { dependsOn: task.written['dependsOn'] } : {};
    return insert(draft, task.sprint, { ...part, ...inherited }, [...at, 'into', place]) ?? [];
  });
  const inner = new Set(parts.flatMap(dependenciesOf));
  const last = parts.map((part) => part.id).filter((part) => !inner.has(part));
  for (const other of dependentsOf(draft, task)) if (!parts.includes(other)) relink(other, id, last, at);
  task.isCancelled = true;
  replaceInCheckpoints(draft, task, last, at);
  checkTriggers(draft, task, at);
}

function replaceInCheckpoints(draft: PlanDraft, { id, sprint }: DraftTask, instead: readonly string[], at: Path): void {
  const checkpoints = listOf(sprint.written['checkpoints']) as readonly { id: string; after: readonly string[] }[];
  if (!checkpoints.some(({ after }) => after.includes(id))) return;
  const replaced = checkpoints.flatMap((checkpoint) => {
    if (!checkpoint.after.includes(id)) return [checkpoint];
    const after = [...new Set([...checkpoint.after.filter((task) => task !== id), ...instead])];
    if (after.length > 0) return [{ ...checkpoint, after }];
    object(draft, [...at, 'task'], `checkpoint ${checkpoint.id} comes after ${id} alone`, 'split the task instead, or keep it');
    return [];
  });
  setField(sprint, 'checkpoints', replaced, at);
}

/** An agent that still waits for the task would wait for ever. */
function checkTriggers(draft: PlanDraft, { id }: DraftTask, at: Path): void {
  const { plan, standing } = draft;
  for (const { agent, when } of plan.triggers) {
    const names = JSON.stringify(when).includes(`:${JSON.stringify(id)}`);
    if (names && standing.isInactive(agent)) object(draft, [...at, 'task'], `the trigger of agent ${agent} waits for task ${id}`);
  }
}

function changeTask(draft: PlanDraft, { task: id, set, restart }: Of<'changeTask'>, at: Path): void {
  const task = findTask(draft, id, [...at, 'task']);
  if (!task) return;
  const before = new Set(dependenciesOf(task));
  for (const [field, value] of Object.entries(set)) setField(task, field, value, [...at, 'set', field]);
  if (set['budget']) checkUsed(draft, `task/${id}`, set['budget'] as WrittenBudget, [...at, 'set', 'budget']);
  if (restart === true) draft.restart.add(id);
  if (!Object.hasOwn(set, 'dependsOn')) return;
  checkDependencies(draft, task, [...at, 'set']);
  const isNewAndOpen = (other: string): boolean => {
    const open = allTasks(draft).find((one) => one.id === other);
    return !before.has(other) && open !== undefined && !isOver(draft, open);
  };
  if (isRunning(draft, task) && restart !== true && dependenciesOf(task).some(isNewAndOpen)) {
    const message = `task ${id} is at work and cannot wait for something new`;
    object(draft, [...at, 'set', 'dependsOn'], message, 'say restart: true to have it done again after that');
  }
}

function changeSprint(draft: PlanDraft, { sprint: id, ...fields }: Of<'changeSprint'>, at: Path): void {
  const sprint = findSprint(draft, id, [...at, 'sprint']);
  if (!sprint) return;
  for (const [field, value] of Object.entries(fields)) setField(sprint, field, value, [...at, field]);
  if (fields.budget) checkUsed(draft, `sprint/${id}`, fields.budget, [...at, 'budget']);
}

function changeTeam(draft: PlanDraft, { sprint: id, agent }: Of<'addAgent'>, at: Path, isAdded: boolean): void {
  const sprint = findSprint(draft, id, [...at, 'sprint']);
  if (!sprint) return;
  const agents = listOf(sprint.written['agents']) as readonly string[];
  const at2 = [...at, 'agent'];
  if (agents.includes(agent) === isAdded)
    return void object(
      draft,
      at2,
      `agent ${agent} ${isAdded ? 'works in sprint' : 'does not work in sprint'} ${id}${isAdded ? ' already' : ''}`,
    );
  setField(sprint, 'agents', isAdded ? [...agents, agent] : agents.filter((other) => other !== agent), at2);
}
