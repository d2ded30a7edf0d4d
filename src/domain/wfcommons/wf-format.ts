import { z } from 'zod';
import { list } from '../source/shape.ts';

/**
 * What is read of a WfCommons instance (WfFormat 1.5, https://wfcommons.org/format): names, edges and run times. 1.4 has the same
 * form; up to 1.3 the tasks stand in `workflow.tasks` (before 1.2 `workflow.jobs`) with their run times. Other fields are ignored.
 */

const reference = z.string({ error: 'the id of a task, as text' }).min(1, { error: 'the id of a task, as text' });
const SECONDS_RULE = 'seconds, a number from 0';
const seconds = z.number({ error: SECONDS_RULE }).min(0, { error: SECONDS_RULE }).nullish();
const runtimes = { runtimeInSeconds: seconds, runtime: seconds };

const task = z.object({
  name: reference.nullish(),
  id: reference.nullish(),
  parents: list(reference),
  children: list(reference),
  ...runtimes,
});
const tasks = z.array(task).min(1, { error: 'at least one task' });
const name = z.string().nullish();

export const wfFormatSchema = z.object({
  name,
  workflow: z.object({
    specification: z.object({ tasks }),
    execution: z.object({ tasks: list(z.object({ id: reference, ...runtimes })) }).nullish(),
  }),
});

/** Up to 1.3. */
export const earlyWfFormatSchema = z.object({ name, workflow: z.object({ tasks }) });
/** Up to 1.1. */
export const firstWfFormatSchema = z.object({ name, workflow: z.object({ jobs: tasks }) });

export type WfTask = z.output<typeof task>;
export type WfRuntime = Pick<WfTask, 'runtimeInSeconds' | 'runtime'>;
