import { formatDuration } from '../duration.ts';
import { oncePerTask } from './once-per-task.ts';
import type { JsonObject, Plan, Sprint, Task } from './plan.ts';

/**
 * Parts of a normalised plan in the form that people write, as far as validation relates them to other parts: names, references, sizes.
 * For a plan that is checked again after some of it has changed; what stands for itself has been checked once and for all.
 */
export const toWrittenPlan = ({ pact, project, resources, triggers, budget }: Plan): JsonObject => ({
  pact,
  ...toWrittenBudget(budget),
  project: { name: project.name },
  resources: resources as unknown as JsonObject[],
  triggers: triggers.map(({ agent, when }) => ({ agent, when: toWrittenCondition(when as unknown as JsonObject) })),
});

export const toWrittenSprint = ({ id, dependsOn, durationMs, agents, checkpoints, budget }: Sprint): JsonObject => ({
  id,
  ...toWrittenBudget(budget),
  dependsOn,
  duration: toDuration(durationMs),
  agents,
  checkpoints: checkpoints as unknown as JsonObject[],
});

export const toWrittenTask = oncePerTask((task): JsonObject => {
  const { id, agent, skills, dependsOn, deliverables, paths, resources, needs = [], input, checks, compensation = null } = task;
  // Attempts may be those that a task has by default, which may be more than its sprint has in all.
  const { budget } = toWrittenBudget({ ...task.budget, attempts: undefined });
  const written = { id, agent, skills, dependsOn, deliverables, paths, resources, needs, input, checks, compensation, budget };
  return written as unknown as JsonObject;
});

function toWrittenBudget(budget: Partial<Record<keyof Task['budget'], unknown>> | undefined): JsonObject {
  if (budget === undefined) return {};
  const { tokens, cost, timeMs, attempts } = budget;
  const amounts = { tokens, cost, time: typeof timeMs === 'number' ? formatDuration(timeMs) : undefined, attempts };
  const given = Object.entries(amounts).filter(([, amount]) => amount !== undefined);
  return { budget: Object.fromEntries(given) as JsonObject };
}

function toWrittenCondition(when: JsonObject): JsonObject {
  for (const group of ['all', 'any'] as const) {
    const parts = when[group];
    if (Array.isArray(parts)) return { [group]: parts.map((part) => toWrittenCondition(part as JsonObject)) };
  }
  return typeof when['afterMs'] === 'number' ? { after: formatDuration(when['afterMs']) } : when;
}

const toDuration = (ms: number | null): string | null => (ms === null ? null : formatDuration(ms));

const NORMAL_NAMES: Readonly<Record<string, string>> = {
  estimate: 'estimateMs',
  stallAfter: 'stallAfterMs',
  duration: 'durationMs',
  time: 'timeMs',
};

/** `old` with the fields that have been written anew as in `parsed`; the others stay as they were. @param fields By their written names. */
export function withFields<T extends object>(old: T, parsed: T, fields: Iterable<string>): T {
  const changed = { ...old } as Record<string, unknown>;
  const source = parsed as Readonly<Record<string, unknown>>;
  for (const field of fields) {
    const name = NORMAL_NAMES[field] ?? field;
    if (name in source) changed[name] = source[name];
    else delete changed[name];
  }
  return changed as T;
}
