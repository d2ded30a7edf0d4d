import type { Contingency, ContingencyAction } from '../../../src/domain/emergencies/contingency.ts';
import { isFinal } from '../../../src/domain/sprint/state.ts';
import type { Sprint } from '../../../src/domain/sprint/turn.ts';
import { clash } from './lease-clash.ts';
import { must } from './rule.ts';

/** What is in force, read from the state alone. */
interface InForce {
  readonly key: string;
  readonly do: readonly ContingencyAction[];
  /** Numbers of the tasks that it keeps from starting. */
  readonly held: ReadonlySet<number>;
}

export interface MeasuresBefore {
  readonly limit: number;
  readonly held: ReadonlySet<number>;
}

export const rememberMeasures = (sprint: Sprint): MeasuresBefore => {
  const inForce = listInForce(sprint);
  return { limit: limitOf(inForce), held: heldBy(inForce) };
};

/** Each is in force exactly while its cause lasts, nothing starts against it, and what is over leaves nothing behind. */
export function checkMeasures(
  sprint: Sprint,
  { measures: before, attempts }: { readonly measures: MeasuresBefore; readonly attempts: readonly number[] },
): void {
  checkCauses(sprint);
  const { state } = sprint;
  const inForce = listInForce(sprint);
  const held = heldBy(inForce);
  for (const [number, run] of state.tasks.entries()) {
    const { id } = sprint.definition.sprint.tasks[number] as { id: string };
    must(
      run.state !== 'waiting' || (run.isHeld === true) === held.has(number),
      () => `${id}: held ${String(run.isHeld)}, by the plan ${held.has(number)}`,
    );
    const hasStarted = run.attempt > (attempts[number] ?? 0);
    must(!hasStarted || !held.has(number) || !before.held.has(number), () => `${id} starts although it is held`);
    // What has come into force in the same step lets go on what has started in it.
    must(
      !hasStarted || state.running <= Math.max(before.limit, limitOf(inForce)),
      () => `${id} starts as one too many of ${state.running}`,
    );
  }
  checkPauses(sprint, inForce);
  const wantsPriorities = inForce.some(({ do: actions }) => actions.some((action) => 'priority' in action));
  must(wantsPriorities || state.emergencies?.priorities === undefined, () => 'priorities are changed for nothing');
}

function checkCauses({ definition, state }: Sprint): void {
  const open = Object.values(state.escalations);
  const proposals = Object.values(state.proposals ?? {});
  const runs = state.emergencies?.contingencies ?? {};
  for (const [place, { when }] of (definition.contingencies ?? []).entries()) {
    if (!('task' in when)) continue;
    const isThere = [...open, ...proposals].some(({ cause }) => cause.task === when.task);
    must(isThere === String(place) in runs, () => `contingency ${place + 1}: ${isThere ? 'is not' : 'is still'} in force`);
  }
  for (const { n, meanwhile } of open)
    must((meanwhile !== undefined) === `escalation/${n}` in runs, () => `what escalation ${n} has done meanwhile is not right`);
  for (const key of Object.keys(runs).filter((one) => one.startsWith('escalation/')))
    must(
      [...open, ...proposals].some(({ n }) => key === `escalation/${n}`),
      () => `${key} is over, and still in force`,
    );
}

function checkPauses({ state }: Sprint, inForce: readonly InForce[]): void {
  const pausing = Object.entries(state.emergencies?.contingencies ?? {}).filter(([, { hasPaused }]) => hasPaused);
  must(pausing.length <= 1, () => 'the sprint is paused for several measures');
  for (const [key] of pausing)
    must(
      inForce.some((one) => one.key === key && one.do.some((action) => 'pause' in action)),
      () => `${key} has paused the sprint and wants no pause`,
    );
  const isForMeasure = state.phase === 'paused' && state.reason?.startsWith('paused by a temporary measure');
  must(!isForMeasure || pausing.length === 1, () => 'the sprint is paused for a measure that is over');
  if (isFinal(state.phase))
    must(!state.alerts.some(({ id }) => id.endsWith('/meanwhile')), () => 'an alert outlives its measure');
}

const limitOf = (inForce: readonly InForce[]): number =>
  Math.min(
    1_000,
    ...inForce.flatMap(({ do: actions }) => actions.flatMap((action) => ('concurrency' in action ? [action.concurrency] : []))),
  );

const heldBy = (inForce: readonly InForce[]): ReadonlySet<number> => new Set(inForce.flatMap(({ held }) => [...held]));

function listInForce(sprint: Sprint): InForce[] {
  const { definition, state } = sprint;
  return Object.entries(state.emergencies?.contingencies ?? {}).map(([key, { meanwhile }]) => {
    const contingency = meanwhile ?? (definition.contingencies?.[Number(key)] as Contingency);
    const isHolding = contingency.do.some((action) => 'hold' in action);
    return { key, do: contingency.do, held: new Set(isHolding ? heldOf(sprint, contingency) : []) };
  });
}

function heldOf(sprint: Sprint, measure: Contingency | { readonly task: string | null }): number[] {
  const { definition, state } = sprint;
  const numbers = [...definition.sprint.tasks.keys()];
  if (!('when' in measure)) return measure.task === null ? [] : laneOf(sprint, measure.task);
  const { when, tasks } = measure;
  if ('task' in when) return tasks ? numbers.filter((number) => tasks.includes(idOf(sprint, number))) : laneOf(sprint, when.task);
  const [[kind, id]] = Object.entries(when) as [[string, string]];
  if (state.emergencies?.open[`${kind}/${id}`]?.isOverridden) return [];
  return numbers.filter((number) => {
    const { resources, needs, agent } = definition.sprint.tasks[number] as (typeof definition.sprint.tasks)[number];
    const needed =
      { resource: resources.map((one) => one.id), dependency: needs ?? [], agent: [agent], sprint: [id] }[kind] ?? [];
    return tasks?.includes(idOf(sprint, number)) && !needed.includes(id);
  });
}

const idOf = ({ definition }: Sprint, number: number): string => definition.sprint.tasks[number]?.id ?? '';

/** By brute force: what depends on it, what has its agent, what it clashes with. */
function laneOf({ definition, index }: Sprint, id: string): number[] {
  const { tasks } = definition.sprint;
  const own = tasks.findIndex((task) => task.id === id);
  const lane = new Set([id]);
  for (let grown = true; grown;) {
    const before = lane.size;
    for (const task of tasks) if (task.dependsOn.some((on) => lane.has(on.task))) lane.add(task.id);
    grown = lane.size > before;
  }
  return tasks.flatMap((task, number) => {
    if (number === own) return [];
    const isSameAgent = task.agent !== null && task.agent === tasks[own]?.agent;
    const [one, two] = [index.tasks[number], index.tasks[own]];
    return isSameAgent || lane.has(task.id) || (one && two && clash(one, two)) ? [number] : [];
  });
}
