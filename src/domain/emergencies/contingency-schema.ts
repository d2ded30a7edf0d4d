import { z } from 'zod';
import { PRIORITIES } from '../plan/plan.ts';
import { count, fields, id, list } from '../source/shape.ts';
import type { Contingency, ContingencyCause } from './contingency.ts';

/** Contingencies as people write them. */
const cause = z.union([
  fields({ resource: id, state: z.literal('failed').nullish() }),
  fields({ dependency: id, state: z.literal('down').nullish() }),
  fields({ agent: id, state: z.literal('unavailable').nullish() }),
  fields({ sprint: id, state: z.literal('late').nullish() }),
  fields({ task: id, state: z.literal('escalated').nullish() }),
]);

const isSo = z.literal(true, { error: 'true' });

const meanwhileActions = [
  fields({ priority: z.enum(PRIORITIES) }),
  fields({ notify: z.array(id).min(1, { error: 'at least one channel' }) }),
  fields({ pause: isSo }),
  fields({ concurrency: count(1_000) }),
  fields({ hold: isSo }),
] as const;

/** What a chain may have done while somebody is asked. */
export const meanwhileAction = z.union(meanwhileActions);

const action = z.union([fields({ useAgent: id }), fields({ useResource: id }), fields({ skip: isSo }), ...meanwhileActions]);

export const contingencySchema = fields({
  when: cause,
  tasks: list(id),
  do: z.array(action).min(1, { error: 'at least one action' }),
});

type WrittenContingency = z.output<typeof contingencySchema>;

export const toContingency = ({ when, tasks, do: actions }: WrittenContingency): Contingency => ({
  when: toCause(when),
  ...(tasks?.length ? { tasks } : {}),
  do: actions,
});

function toCause(when: WrittenContingency['when']): ContingencyCause {
  if ('resource' in when) return { resource: when.resource, state: 'failed' };
  if ('dependency' in when) return { dependency: when.dependency, state: 'down' };
  if ('task' in when) return { task: when.task, state: 'escalated' };
  return 'agent' in when ? { agent: when.agent, state: 'unavailable' } : { sprint: when.sprint, state: 'late' };
}
