import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A sample's plan and config as written, in so far as its agents depend on them. */
export interface Sample {
  readonly folder: string;
  readonly sprints: readonly WrittenSprint[];
  readonly agents: readonly WrittenAgent[];
  readonly checks: readonly { readonly id: string; readonly run: readonly string[] }[];
}

export interface WrittenTask {
  readonly id: string;
  readonly title: string;
  readonly agent?: string;
  readonly skills?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly deliverables?: readonly { readonly id: string; readonly path: string }[];
  readonly resources?: readonly { readonly id: string }[];
  readonly checks?: readonly string[];
  readonly input?: Record<string, unknown>;
  readonly budget?: { readonly attempts?: number };
}

export interface WrittenSprint {
  readonly id: string;
  readonly agents: readonly string[];
  readonly tasks: readonly WrittenTask[];
}

export interface WrittenAgent {
  readonly id: string;
  readonly skills: readonly string[];
  readonly adapter: { readonly kind: string; readonly run?: readonly string[]; readonly probe?: readonly string[] };
}

export function readSample(folder: string): Sample {
  const read = (name: string): unknown => parse(readFileSync(join(folder, name), 'utf8'));
  return {
    folder,
    ...(read('plan.yaml') as Pick<Sample, 'sprints'>),
    ...(read('pact.config.yaml') as Pick<Sample, 'agents' | 'checks'>),
  };
}

export interface Placed {
  readonly task: WrittenTask;
  readonly sprint: WrittenSprint;
  readonly agent: WrittenAgent;
}

/** A task with its sprint and the first agent of the sprint that can do it. Throws when there is none. */
export function placeTask(sample: Sample, taskId: string): Placed {
  const sprint = sample.sprints.find(({ tasks }) => tasks.some(({ id }) => id === taskId));
  const task = sprint?.tasks.find(({ id }) => id === taskId);
  if (sprint === undefined || task === undefined) throw new Error(`no task ${taskId} in the plan`);
  const isFit = ({ id, skills }: WrittenAgent): boolean =>
    task.agent === undefined ? (task.skills ?? []).every((skill) => skills.includes(skill)) : id === task.agent;
  const agent = sample.agents.find((each) => sprint.agents.includes(each.id) && isFit(each));
  if (agent === undefined) throw new Error(`no agent of sprint ${sprint.id} can do ${taskId}`);
  return { task, sprint, agent };
}
