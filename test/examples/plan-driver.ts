import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { absoluteArgv, agentEnvironment, type Ended, type Line, protocolLines, runProgram } from './agent-process.ts';
import { type Placed, placeTask, type Sample, type WrittenTask } from './sample-plan.ts';

/**
 * A very small stand-in for the engine: does single tasks of a plan, after what they depend on, by speaking the agents' protocol.
 * No authorization, no scheduling, no supervision; for tests of the agents themselves.
 */
export interface PlanDriver {
  /** Does the task's dependencies and then the task, each once, with retries as its budget allows. Rejects with what failed. */
  run(taskId: string): Promise<Done>;
  /** One more attempt of the task; its dependencies are done first. */
  attempt(taskId: string, feedback?: readonly string[]): Promise<Attempt>;
  /** Runs a check of the config in `cwd`. */
  check(checkId: string, cwd: string): Promise<Ended>;
  remove(): void;
}

export interface Attempt {
  readonly exitCode: number | null;
  readonly lines: readonly Line[];
  /** The last protocol line. */
  readonly end: Line | undefined;
  readonly log: string;
  readonly workspace: string;
}

export interface Done {
  readonly attempts: readonly Attempt[];
  /** Absolute path of a declared deliverable. */
  path(deliverable: string): string;
  read(deliverable: string): string;
}

interface Driving {
  readonly sample: Sample;
  /** Elements of the agents' argv to swap, say `library` for the path of a changed copy. */
  readonly replace: Readonly<Record<string, string>>;
  readonly root: string;
  readonly done: Map<string, Promise<Done>>;
  readonly leases: Map<string, Promise<unknown>>;
  readonly attempts: Map<string, number>;
}

export function createPlanDriver(sample: Sample, replace: Readonly<Record<string, string>> = {}): PlanDriver {
  const driving: Driving = { sample, replace, root: createRoot(), done: new Map(), leases: new Map(), attempts: new Map() };
  return {
    run: (taskId) => run(driving, taskId),
    attempt: (taskId, feedback = []) => attempt(driving, taskId, feedback),
    check: (checkId, cwd) => check(driving, checkId, cwd),
    remove: () => rmSync(driving.root, { recursive: true, force: true }),
  };
}

/** Workspaces lie where a worker puts them: below a package's folder, in a git repository that ignores them. */
function createRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'sample-plan-'));
  mkdirSync(join(root, '.git/objects'), { recursive: true });
  mkdirSync(join(root, '.git/refs'));
  writeFileSync(join(root, '.git/HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(root, '.gitignore'), '.pact/\n');
  writeFileSync(join(root, 'package.json'), '{ "name": "outer", "private": true }\n');
  return root;
}

function run(driving: Driving, taskId: string): Promise<Done> {
  const known = driving.done.get(taskId);
  if (known !== undefined) return known;
  const started = performLeased(driving, taskId);
  driving.done.set(taskId, started);
  return started;
}

/** Tasks that need the same resource follow each other. */
function performLeased(driving: Driving, taskId: string): Promise<Done> {
  const needs = (placeTask(driving.sample, taskId).task.resources ?? []).map(({ id }) => id);
  const result = Promise.allSettled(needs.map((id) => driving.leases.get(id))).then(() => perform(driving, taskId));
  for (const id of needs) driving.leases.set(id, result);
  return result;
}

async function perform(driving: Driving, taskId: string): Promise<Done> {
  const { task } = placeTask(driving.sample, taskId);
  const attempts: Attempt[] = [];
  const failures: string[] = [];
  for (let left = task.budget?.attempts ?? 3; left > 0; left -= 1) {
    const last = await attempt(driving, taskId, failures);
    attempts.push(last);
    const failure = await failureOf(driving, task, last);
    if (failure === null) return toDone(task, attempts, last.workspace);
    failures.push(failure);
    if (last.end?.retryable === false) break;
  }
  throw new Error(`${taskId}: ${failures.join('\n---\n')}`);
}

function toDone(task: WrittenTask, attempts: readonly Attempt[], workspace: string): Done {
  const path = (id: string): string => {
    const declared = task.deliverables?.find((each) => each.id === id);
    if (declared === undefined) throw new Error(`${task.id} declares no deliverable ${id}`);
    return resolve(workspace, declared.path);
  };
  return { attempts, path, read: (id) => readFileSync(path(id), 'utf8') };
}

/** Why an attempt did not succeed, or null. */
async function failureOf(driving: Driving, task: WrittenTask, tried: Attempt): Promise<string | null> {
  if (tried.exitCode !== 0 || tried.end?.pact !== 'result') return String(tried.end?.message ?? tried.log.slice(-2000));
  const missing = (task.deliverables ?? []).filter(({ path }) => !existsSync(join(tried.workspace, path)));
  if (missing.length > 0) return `missing deliverables: ${missing.map(({ id }) => id).join(', ')}`;
  for (const id of task.checks ?? []) {
    const { exitCode, stderr } = await check(driving, id, tried.workspace);
    if (exitCode !== 0) return `check ${id}: ${stderr}`;
  }
  return null;
}

async function attempt(driving: Driving, taskId: string, feedback: readonly string[]): Promise<Attempt> {
  const placed = placeTask(driving.sample, taskId);
  const dependencies = placed.task.dependsOn ?? [];
  const sources = await Promise.all(dependencies.map(async (id) => ({ id, result: await run(driving, id) })));
  const number = (driving.attempts.get(taskId) ?? 0) + 1;
  driving.attempts.set(taskId, number);
  const base = join(driving.root, '.pact/workspaces', taskId, String(number));
  const workspace = join(base, 'work');
  mkdirSync(workspace, { recursive: true });
  const inputs = sources.flatMap(({ id, result }) =>
    copyInputs(placeTask(driving.sample, id).task, result, join(base, 'inputs', id)),
  );
  const request = toRequest(placed, number, workspace, inputs, feedback);
  const written = placed.agent.adapter.run ?? [];
  const argv = absoluteArgv(written, driving.sample.folder).map((part, index) => driving.replace[written[index] ?? ''] ?? part);
  const ended = await runProgram(
    argv,
    workspace,
    agentEnvironment(base, `test/${taskId}/${number}`),
    `${JSON.stringify(request)}\n`,
  );
  const lines = protocolLines(ended.stdout);
  return { exitCode: ended.exitCode, lines, end: lines.at(-1), log: ended.stderr, workspace };
}

/** Every attempt gets copies of its own; the hash of a folder is left to the engine. */
function copyInputs(task: WrittenTask, result: Done, folder: string) {
  return (task.deliverables ?? []).map(({ id, path: declared }) => {
    const path = join(folder, basename(declared));
    cpSync(result.path(id), path, { recursive: true });
    const sha256 = statSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
    return { task: task.id, deliverable: id, path, sha256 };
  });
}

function toRequest(
  { task, sprint, agent }: Placed,
  attemptNumber: number,
  workspace: string,
  inputs: readonly object[],
  feedback: readonly string[],
) {
  const { id, title, input = {}, deliverables = [] } = task;
  return {
    pact: 'request',
    version: 1,
    execution: 'test',
    sprint: sprint.id,
    agent_id: agent.id,
    attempt: attemptNumber,
    idempotencyKey: `test/${id}/${attemptNumber}`,
    deadline: null,
    workspace,
    inputs,
    leases: [],
    handover: null,
    feedback,
    digest: '',
    task: { id, title, description: 'With "quotes", a \\ and\nlines', input, deliverables, estimateMs: 1000, priority: 'normal' },
  };
}

function check(driving: Driving, checkId: string, cwd: string): Promise<Ended> {
  const found = driving.sample.checks.find(({ id }) => id === checkId);
  if (found === undefined) throw new Error(`no check ${checkId} in the config`);
  return runProgram(
    absoluteArgv(found.run, driving.sample.folder),
    cwd,
    agentEnvironment(join(driving.root, '.pact/checks'), 'test/check'),
  );
}
