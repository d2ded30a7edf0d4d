import type { Contingency } from '../emergencies/contingency.ts';
import type { Probed } from '../emergencies/probe.ts';
import type { Plan, Sprint } from './plan.ts';

/** What tasks of these sprints use that the worker can watch; nothing where they use nothing of it. */
export function toWatched(plan: Plan, sprints: readonly Sprint[], all: Probed | undefined): { watched?: Probed } {
  if (!all) return {};
  const tasks = sprints.flatMap((sprint) => sprint.tasks);
  const used = {
    resource: new Set([...tasks.flatMap(({ resources }) => resources.map(({ id }) => id)), ...standIns(plan)]),
    dependency: new Set(tasks.flatMap(({ needs = [] }) => needs)),
  };
  const targets = all.targets.filter(({ kind, id }) => used[kind].has(id));
  return targets.length === 0 ? {} : { watched: { queue: all.queue, targets } };
}

/** Resources that contingencies put in the place of others. */
export const standIns = ({ contingencies = [] }: Plan): string[] =>
  contingencies.flatMap(({ do: actions }) => actions.flatMap((action) => ('useResource' in action ? [action.useResource] : [])));

/** Contingencies with a cause that can come in the sprint, each with those of its tasks that it names. */
export function toContingencies(plan: Plan, sprint: Sprint): { contingencies?: readonly Contingency[] } {
  const ids = new Set(sprint.tasks.map(({ id }) => id));
  const canCome = ({ when }: Contingency): boolean => {
    if ('task' in when) return ids.has(when.task);
    if ('sprint' in when) return when.sprint === sprint.id;
    if ('agent' in when) return sprint.agents.includes(when.agent);
    if ('dependency' in when) return sprint.tasks.some(({ needs = [] }) => needs.includes(when.dependency));
    return sprint.tasks.some(({ resources }) => resources.some(({ id }) => id === when.resource));
  };
  const own = (plan.contingencies ?? []).filter(canCome).map(({ tasks, ...contingency }) => ({
    ...contingency,
    ...(tasks ? { tasks: tasks.filter((id) => ids.has(id)) } : {}),
  }));
  return own.length === 0 ? {} : { contingencies: own };
}
