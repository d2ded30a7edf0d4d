import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { expect, inject } from 'vitest';
import type * as Product from '../../src/worker.ts';
import type { RunningWorker, StartWorkerOptions } from '../../src/worker.ts';
import type { AuthorizationView, StatusView, TaskView, Page, ExecutionResult } from '../../src/domain/views.ts';
import { openConnection } from '../../src/client/closable-connection.ts';
import { loadConfig } from '../../src/config.ts';
import { formatProblems } from '../../src/domain/source/problem.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The built product: engine tests run what users run. `npm test` builds it first. */
export const dist = (name: string): string => join(root, 'dist', name);
export const fixtureAgent = (name: string): string => join(root, 'test', 'agents', name);
export const workflowBundle = { codePath: dist('workflow-bundle.js') };
const payloadConverterPath = dist('workflows/payload-converter.js');

export interface EngineOptions {
  /** As in pact.config.yaml; `agents` default to one scripted agent `worker` of capacity 10. */
  readonly config?: Record<string, unknown>;
  /** Extra options of the in-process worker; null: no worker is started. */
  readonly worker?: Partial<StartWorkerOptions> | null;
  /** Another server than the run's. */
  readonly address?: string;
}

export interface Engine {
  readonly client: Client;
  /** Folder of the config; `.pact/` lies in it. */
  readonly baseDir: string;
  readonly configPath: string;
  readonly taskQueue: string;
  readonly worker: RunningWorker | null;
  startWorker(options?: Partial<StartWorkerOptions>): Promise<RunningWorker>;
  /** Starts an execution of the plan; the id is unique per test. */
  start(plan: unknown, id?: string): Promise<Execution>;
  /** An execution that something else has started: its history is replayed too. */
  adopt(id: string): Execution;
  /** Ends the worker, replays every history that was made here, removes the folder. */
  close(): Promise<void>;
}

export interface Execution {
  readonly id: string;
  readonly handle: WorkflowHandle;
  status(): Promise<StatusView>;
  authorization(): Promise<AuthorizationView>;
  tasks(): Promise<readonly TaskView[]>;
  update(name: string, payload: unknown): Promise<unknown>;
  /** Waits until `prepare` has ended, then approves with the right hash. */
  authorize(by?: string): Promise<void>;
  result(): Promise<ExecutionResult>;
  sprint(id: string): WorkflowHandle;
}

let count = 0;
/**
 * The SDK's runtime ends with its last worker, also that of a replay, while another may just begin: as long as the process lives, this
 * keeps it.
 */
let anchor: Promise<NativeConnection> | null = null;

export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const baseDir = await mkdtemp(join(tmpdir(), 'pact-engine-'));
  const taskQueue = `test-${process.pid}-${Date.now()}-${count++}`;
  const configPath = join(baseDir, 'pact.config.yaml');
  const config = {
    agents: [scriptedAgent('worker', { capacity: 10 })],
    taskQueues: { workflows: taskQueue, agents: `${taskQueue}-agents` },
    ...options.config,
  };
  await writeFile(configPath, JSON.stringify(config, null, 2));
  const address = options.address ?? inject('temporalAddress');
  const namespace = options.address === undefined ? inject('temporalNamespace') : 'default';
  // A history with large bodies in it comes in messages above the client's 4 MiB.
  const opened = await openConnection({ address, channelArgs: { 'grpc.max_receive_message_length': 64 * 1024 * 1024 } });
  const { connection } = opened;
  const client = new Client({ connection, namespace });
  anchor ??= NativeConnection.connect({ address });
  await anchor;
  const workers: RunningWorker[] = [];
  const started: string[] = [];
  let starts = 0;

  const startWorker = async (extra: Partial<StartWorkerOptions> = {}): Promise<RunningWorker> => {
    const loaded = loadConfig(configPath);
    if (!loaded.ok) throw new Error(formatProblems(loaded.error));
    const product = (await import(dist('worker.js'))) as typeof Product;
    const log = pino({ level: process.env.PACT_LOG ?? 'fatal' }, pino.destination(2));
    const worker = await product.startWorker({
      config: loaded.value,
      connectionOptions: { address },
      namespace,
      say: () => undefined,
      log,
      ...extra,
    });
    workers.push(worker);
    return worker;
  };
  const worker = options.worker === null ? null : await startWorker(options.worker);
  return {
    client,
    baseDir,
    configPath,
    taskQueue,
    worker,
    startWorker,
    async start(plan, id = `${taskQueue}-${starts++}`) {
      const handle = await client.workflow.start('execution', { taskQueue, workflowId: id, args: [{ plan }] });
      started.push(id);
      return toExecution(client, handle);
    },
    adopt(id) {
      started.push(id);
      return toExecution(client, client.workflow.getHandle(id));
    },
    async close() {
      for (const one of workers) await one.shutdown().catch(() => undefined);
      try {
        await replayAll(client, started);
      } finally {
        await opened.close();
        await rm(baseDir, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  };
}

/** Config of an agent that does what its task's input says; see test/agents/scripted.mjs. */
export function scriptedAgent(
  id: string,
  more: { capacity?: number; skills?: string[]; input?: 'once' | 'stream'; stallAfter?: string } = {},
) {
  const { input = 'once', ...rest } = more;
  return { id, adapter: { kind: 'command', run: ['node', fixtureAgent('scripted.mjs')], input }, ...rest };
}

/** A plan of one sprint with these tasks. */
export function onePlan(tasks: readonly Record<string, unknown>[], more: Record<string, unknown> = {}): Record<string, unknown> {
  return { pact: 1, project: { name: 'Test' }, sprints: [{ id: 'only', tasks, ...more }] };
}

function toExecution(client: Client, handle: WorkflowHandle): Execution {
  const id = handle.workflowId;
  const execution: Execution = {
    id,
    handle,
    status: () => handle.query<StatusView>('status'),
    async authorization() {
      await untilAsked(handle);
      return handle.query<AuthorizationView>('authorization');
    },
    tasks: async () => (await handle.query<Page<TaskView>, [object]>('tasks', { limit: 200 })).items,
    update: (name, payload) => handle.executeUpdate(name, { args: [payload] }),
    async authorize(by = 'ann') {
      const { planHash } = await execution.authorization();
      await execution.update('authorize', { by, decision: 'approve', planHash, reviewed: true, emergencyStopUnderstood: true });
    },
    result: () => handle.result() as Promise<ExecutionResult>,
    sprint: (sprintId) => client.workflow.getHandle(`${id}/sprint/${sprintId}`),
  };
  return execution;
}

/**
 * Waits until the execution awaits its authorization, by its memo: that is what a finished workflow task has recorded, while a query
 * may see a result before the workflow task that takes it, and an update sent right then would be replayed before that result.
 */
export async function untilAsked(handle: WorkflowHandle): Promise<void> {
  await until(
    async () => (await handle.describe()).memo as { pact?: { planHash?: string | null } } | undefined,
    (memo) => typeof memo?.pact?.planHash === 'string',
  );
}

/** Asks again until the answer satisfies; throws with the last answer after the deadline. */
export async function until<T>(ask: () => Promise<T> | T, isEnough: (answer: T) => boolean, withinMs = 30_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isEnough(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(`not within ${withinMs} ms; last answer: ${JSON.stringify(answer)?.slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/**
 * Every history that a test has made must replay, of every run: a change that breaks running workflows shows here. Tethers are many and
 * alike: one of each owner will do.
 */
async function replayAll(client: Client, ids: readonly string[]): Promise<void> {
  const histories: { workflowId: string; history: History }[] = [];
  const open = [...ids];
  const tethered = new Set<string>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const history of await fetchRuns(client, id)) {
      expect(failedWorkflowTasks(history), `failed workflow tasks of ${id}`).toEqual([]);
      histories.push({ workflowId: id, history });
      for (const { childWorkflowExecutionStartedEventAttributes: started } of history.events ?? []) {
        const child = started?.workflowExecution?.workflowId;
        if (!child || open.includes(child)) continue;
        const isTether = started?.workflowType?.name === 'tether';
        if (!isTether || !tethered.has(id)) open.push(child);
        if (isTether) tethered.add(id);
      }
    }
  }
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle, dataConverter: { payloadConverterPath } },
    histories,
  )) {
    if (!error) continue;
    const history = histories.find((made) => made.workflowId === workflowId)?.history;
    throw new Error(`${workflowId} does not replay: ${error.message}\n${describeEvents(history)}`, { cause: error });
  }
}

/** The histories of all runs of a workflow, newest first. */
export async function fetchRuns(client: Client, id: string): Promise<History[]> {
  const runs: History[] = [];
  for (let runId: string | undefined; ;) {
    const history = await client.workflow.getHandle(id, runId).fetchHistory();
    runs.push(history);
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
    if (runId === undefined) return runs;
  }
}

const describeEvents = (history: History | undefined): string =>
  (history?.events ?? [])
    .map(
      (event) =>
        `${event.eventId} ${Object.keys(event).find((key) => key.endsWith('Attributes'))} ${event.eventTime?.seconds}.${event.eventTime?.nanos}`,
    )
    .join('\n');

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** Why workflow tasks failed, by workflow code; one that a dead worker left behind times out instead. */
function failedWorkflowTasks({ events }: History): string[] {
  const messages = (events ?? []).flatMap((event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? []);
  // The server's way of saying that something came while the workflow was about to end: it looks again, nothing is lost.
  return messages.filter((message) => message !== 'UnhandledCommand');
}
