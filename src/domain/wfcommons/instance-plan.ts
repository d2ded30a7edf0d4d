import { formatDuration, MAX_DURATION_MS } from '../duration.ts';
import { elementAt } from '../lookup.ts';
import { err, ok, type Result } from '../result.ts';
import { toPlanIds, type WorkflowInstance } from './instance.ts';

export interface ImportOptions {
  /** Tasks at a time. */
  readonly slots: number;
  /** Run times are multiplied by it: 0.01 makes a hundredth of them. */
  readonly scale: number;
}

export interface ImportedFile {
  /** Relative to the folder that the import writes. */
  readonly path: string;
  readonly content: string;
}

/** A plan of more does not fit into one payload, so that stock clients could not start it. */
const MOST_BYTES = 1024 * 1024;
/** Room for the fields of a task beside ids and edges. */
const BYTES_PER_TASK = 72;

/**
 * A plan whose tasks take as long as those of the instance, times the scale, and a config with one agent of that many slots that
 * really works for so long. Error: a task that would take longer than a plan can say.
 */
export function toImportedFiles(instance: WorkflowInstance, { slots, scale }: ImportOptions): Result<readonly ImportedFile[]> {
  const durationsMs = instance.tasks.map(({ runtimeSeconds }) => Math.round(runtimeSeconds * 1_000 * scale));
  const longestMs = durationsMs.reduce((longest, ms) => Math.max(longest, ms), 0);
  if (longestMs > MAX_DURATION_MS) {
    const task = elementAt(instance.tasks, durationsMs.indexOf(longestMs)).id;
    return err(`"${task}" would take ${longestMs} ms; a plan can say ${MAX_DURATION_MS} ms: give a smaller scale`);
  }
  return ok([
    { path: 'plan.yaml', content: toPlanText(instance, durationsMs) },
    { path: 'pact.config.yaml', content: toConfigText(slots, longestMs) },
    { path: 'agents/work.sh', content: WORK_AGENT },
  ]);
}

/** Ids are kept where they are ids; of instances that would become too large that way they are numbers. */
function toPlanText({ name, tasks }: WorkflowInstance, durationsMs: readonly number[]): string {
  const kept = toPlanIds(tasks.map(({ id }) => id));
  const isLarge = sizeOf(tasks, kept) > MOST_BYTES;
  const ids = isLarge ? tasks.map((_, number) => `t${number.toString(36)}`) : kept;
  const lines = tasks.map(({ dependsOn }, number) => {
    const durationMs = elementAt(durationsMs, number);
    const before = dependsOn.map((other) => text(elementAt(ids, other)));
    // Without an input the agent works for as long as the estimate.
    const input = isLarge && durationMs > 0 ? '' : `, input: { durationMs: ${durationMs} }`;
    const edges = before.length === 0 ? '' : `, dependsOn: [${before.join(', ')}]`;
    return `      - { id: ${text(elementAt(ids, number))}${edges}, estimate: ${formatDuration(Math.max(1, durationMs))}${input} }`;
  });
  return `pact: 1
project:
  name: ${text(name.slice(0, 200))}
sprints:
  - id: workflow
    agents: [worker]
    tasks:
${lines.join('\n')}
`;
}

const sizeOf = (tasks: WorkflowInstance['tasks'], ids: readonly string[]): number =>
  tasks.reduce(
    (sum, { dependsOn }, number) =>
      dependsOn.reduce(
        (bytes, other) => bytes + elementAt(ids, other).length + 3,
        sum + elementAt(ids, number).length + BYTES_PER_TASK,
      ),
    0,
  );

/** JSON strings are YAML strings, also where an id looks like a number or a date. */
const text = (value: string): string => JSON.stringify(value);

/** An agent without a word for longer than its task takes would be taken for stuck. */
const toConfigText = (slots: number, longestMs: number): string => `agents:
  - id: worker
    adapter: { kind: command, run: [sh, agents/work.sh] }
    capacity: ${slots}
    stallAfter: ${formatDuration(Math.min(MAX_DURATION_MS, longestMs + 600_000))}
authorization: { mode: anyone }
`;

const WORK_AGENT = String.raw`#!/bin/sh
# Works for as long as its task says: input.durationMs, else the estimate of the task, in milliseconds.
read -r request
ms=${'$'}{request#*'"durationMs":'}
[ "$ms" = "$request" ] && ms=${'$'}{request#*'"estimateMs":'}
ms=${'$'}{ms%%[!0-9]*}
echo '{"pact":"status","status":"working","progress_percentage":0}'
sleep "$((ms / 1000)).$(printf '%03d' "$((ms % 1000))")"
printf '{"pact":"result","summary":"worked for %s ms"}\n' "$ms"
`;
