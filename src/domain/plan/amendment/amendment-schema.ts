import { z } from 'zod';
import { budget, duration, fields, id } from '../../source/shape.ts';
import { taskSchema } from '../plan-schema.ts';

/** Changes of a plan under way as people write them: each is a map with one field, the kind of the change. */

const { id: _id, ...taskFields } = taskSchema.shape;
const settable = fields(Object.fromEntries(Object.entries(taskFields).map(([name, field]) => [name, field]))).refine(
  (set) => Object.keys(set).length > 0,
  { error: 'at least one field of the task' },
);

const changedSprint = fields({ sprint: id, duration: duration.nullish(), budget: budget.nullish() }).refine(
  ({ budget: amounts, duration: time }) => amounts !== undefined || time !== undefined,
  { error: 'a duration or a budget' },
);

const amended = { budget: budget.nullish() };
const isGiven = ({ budget: amounts }: { readonly budget?: unknown }): boolean => amounts !== undefined;
const changedPlan = fields(amended).refine(isGiven, { error: 'a budget, or null for none' });
const changedAgent = fields({ agent: id, ...amended }).refine(isGiven, { error: 'a budget, or null for none' });

const changeSchema = z.union([
  fields({ addTask: fields({ sprint: id, task: taskSchema }) }),
  fields({ cancelTask: fields({ task: id, dependents: z.enum(['release', 'cancel']).nullish() }) }),
  fields({ splitTask: fields({ task: id, into: z.array(taskSchema).min(1, { error: 'at least one task' }) }) }),
  fields({ changeTask: fields({ task: id, set: settable, restart: z.boolean().nullish() }) }),
  fields({ changeSprint: changedSprint }),
  fields({ changePlan: changedPlan }),
  fields({ changeAgent: changedAgent }),
  fields({ addAgent: fields({ sprint: id, agent: id }) }),
  fields({ removeAgent: fields({ sprint: id, agent: id }) }),
]);

/** A file or message of changes; other fields of the message are not read here. */
export const changesSchema = z.object({ changes: z.array(changeSchema).min(1, { error: 'at least one change' }) });

export type PlanChange = z.output<typeof changeSchema>;

/** The kinds of changes, for the docs. */
export const CHANGE_KINDS = [
  'addTask',
  'cancelTask',
  'splitTask',
  'changeTask',
  'changeSprint',
  'changePlan',
  'changeAgent',
  'addAgent',
  'removeAgent',
] as const;
