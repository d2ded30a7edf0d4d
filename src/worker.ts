#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Client, type Connection, type ConnectionOptions } from '@temporalio/client';
import { IllegalStateError } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type NativeConnectionOptions,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import { attemptSlots, WORKFLOW_TASKS } from './attempt-slots.ts';
import { openConnection } from './client/closable-connection.ts';
import { createActivities, type PactActivities } from './activities/index.ts';
import { toBaseEnvironment } from './activities/command-runner.ts';
import { handBackLostActivities, noteActivities } from './activities/lost-activities.ts';
import { createRoster } from './activities/roster.ts';
import { createTemporalCalls } from './activities/temporal-calls.ts';
import type { AgentRunner } from './adapters/agents/agent-runner.ts';
import {
  cleanLeftovers,
  createCommandAgentRunner,
  startReaper,
  type Leftovers,
  type Reaper,
} from './adapters/agents/command-agent-runner.ts';
import { createChannels } from './adapters/channels/config-channels.ts';
import { checkProgram, programDigest } from './adapters/processes/program.ts';
import { runCommand } from './adapters/processes/run-command.ts';
import { drillStop } from './adapters/processes/stop-drill.ts';
import { createArtifactStore } from './adapters/store/artifact-store.ts';
import { createDirectoryWorkspaces } from './adapters/workspaces/directory-workspaces.ts';
import { loadConfig } from './config.ts';
import type { Config } from './domain/config/config.ts';
import { formatProblems } from './domain/source/problem.ts';
import { registerSearchAttributes } from './server/search-attributes.ts';

export interface StartWorkerOptions {
  readonly config: Config;
  /** Of the Temporal service: address, TLS, API key. */
  readonly connectionOptions: ConnectionOptions | undefined;
  readonly namespace: string;
  /** Hears what the worker does, line by line. */
  readonly say: (line: string) => void;
  readonly log?: Logger;
  /** Another bundle than the prebuilt one, for tests. */
  readonly workflowBundle?: WorkflowBundleOption;
  /** Other activities in place of ours, for tests and benchmarks: a function from ours to those. */
  readonly adaptActivities?: (activities: PactActivities) => PactActivities;
  /** For tests: events of a run's history after which it continues as new; default: `PACT_CONTINUE_AFTER_EVENTS`, or what the server can take. */
  readonly continueAfterEvents?: number | null;
  /** Another runner of agents in place of ours, for tests and benchmarks: a function from ours to that. */
  readonly adaptRunner?: (runner: AgentRunner) => AgentRunner;
  /** Task queues of agents to serve besides `taskQueues.agents`; default: all that the config's agents name. */
  readonly agentQueues?: readonly string[];
}

export interface RunningWorker {
  /** Ends in order: no new work, agents stopped and dead, their attempts handed back. */
  shutdown(): Promise<void>;
  /** Resolves when the worker has ended, rejects when it failed. */
  readonly done: Promise<void>;
}

/** At shutdown agents are stopped at once; this is what they and their attempts' hand-back have beyond the kill grace. */
const FORCED_END_MS = 15_000;

/**
 * A step of a workflow that takes longer is broken off, and the process with it: Node loses count of its asynchronous calls when `vm` breaks
 * off a promise job (nodejs/node#38503). The SDK's 5 s are soon over on a machine without a free core, for all that a step is short.
 */
const LONGEST_STEP_MS = 120_000;

/**
 * Starts a worker for the config: one poller for workflows and light activities, one for each queue of agents. Resolves when it polls.
 * Throws when the service cannot be reached, the reaper does not start or the prebuilt bundle is missing.
 */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const { config, namespace, say } = options;
  const log = options.log ?? pino({ level: process.env.PACT_LOG ?? 'warn' }, pino.destination(2));
  installRuntime(log);
  const undo: (() => Promise<unknown> | void)[] = [];
  const undoAll = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const keep = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
      const opened = await opening;
      undo.push(() => opened.close());
      return opened;
    };
    let leftovers: readonly Leftovers[] = [];
    const [reaper, { connection }, native] = await whenAllHaveEnded([
      keep(openReaper(config, log, (found) => (leftovers = found))),
      keep(openConnection(options.connectionOptions)),
      keep(NativeConnection.connect((options.connectionOptions ?? {}) as NativeConnectionOptions)),
    ]);
    const client = new Client({ connection, namespace });
    const handingBack = handBackLostActivities(client, leftovers, log);
    const composed = composeActivities(options, reaper, client, log);
    const activities = options.adaptActivities?.(composed) ?? composed;
    undo.push(() => activities.close());
    const [workers, handedBack] = await whenAllHaveEnded([createWorkers(options, native, activities, reaper), handingBack]);
    if (handedBack.length > 0) say(`What a dead worker had under way is handed back to be done again: ${handedBack.join(', ')}.`);
    const done = Promise.all(workers.map((worker) => worker.run())).then(undoAll);
    say(
      `Worker serves the task queues ${workers.map(({ options: { taskQueue } }) => taskQueue).join(', ')} of namespace ${namespace}.`,
    );
    return { done, shutdown: () => shutDown(workers, done) };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

/** Like `Promise.all`, but rejects only when nothing is under way any more, so that what did open can be closed. */
async function whenAllHaveEnded<T extends readonly unknown[] | []>(
  tasks: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(tasks);
  return Promise.all(tasks);
}

async function shutDown(workers: readonly Worker[], done: Promise<void>): Promise<void> {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  await done;
}

/** What dead predecessors left running is ended before anything new starts. */
async function openReaper(config: Config, log: Logger, onLeftovers: (found: readonly Leftovers[]) => void): Promise<Reaper> {
  const runningDir = join(config.baseDir, '.pact', 'running');
  const leftovers = await cleanLeftovers(runningDir);
  for (const { markers, survivors } of leftovers) log.info({ markers, survivors }, 'ended what a dead worker had left running');
  onLeftovers(leftovers);
  return startReaper({ runningDir, log: (line) => log.warn(line) });
}

function composeActivities(options: StartWorkerOptions, reaper: Reaper, client: Client, log: Logger): PactActivities {
  const { config, namespace, adaptRunner = (own) => own } = options;
  const { continueAfterEvents = toCount(process.env.PACT_CONTINUE_AFTER_EVENTS) } = options;
  const { baseDir } = config;
  const baseEnvironment = toBaseEnvironment(process.env);
  const run: typeof runCommand = (spec) => runCommand({ ...spec, registry: reaper });
  const runner = adaptRunner(createCommandAgentRunner({ reaper, env: process.env }));
  const channels = createChannels(config.channels, {
    runCommand: run,
    checkProgram: (argv) => checkProgram(argv, baseDir, baseEnvironment),
    baseDir,
    env: baseEnvironment,
    readVariable: (name) => process.env[name],
    writeLine: (line) => process.stderr.write(`${line}\n`),
  });
  return createActivities({
    config,
    channels,
    runner,
    runCommand: run,
    checkProgram: (argv, env) => checkProgram(argv, baseDir, env),
    drillStop: () => drillStop(reaper),
    baseEnvironment,
    roster: createRoster({ config, programDigest: (argv) => programDigest(argv, baseDir) }),
    store: createArtifactStore({ dir: config.artifacts.dir }),
    workspaces: createDirectoryWorkspaces({ baseDir, onProblem: (message) => log.warn(message) }),
    temporal: createTemporalCalls(client.workflow),
    searchAttributes: async () => (await registerSearchAttributes(client.connection as Connection, namespace, 5_000)).ok,
    log: { debug: (message, attributes) => log.debug(attributes ?? {}, message) },
    continueAfterEvents,
  });
}

/** Null for what is no positive number. */
const toCount = (text: string | undefined): number | null => (Number(text) > 0 ? Number(text) : null);

async function createWorkers(
  options: StartWorkerOptions,
  connection: NativeConnection,
  activities: PactActivities,
  reaper: Reaper,
): Promise<Worker[]> {
  const { config, namespace } = options;
  const { workflows, agents } = config.taskQueues;
  const named = options.agentQueues ?? config.agents.flatMap(({ queue }) => queue ?? []);
  const queues = new Set([agents, ...named]);
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    namespace,
    shutdownGraceTime: 100,
    shutdownForceTime: config.killGraceMs + FORCED_END_MS,
    interceptors: { activity: [noteActivities(reaper.note)] },
    // Heartbeats are what makes a status fresh and a cancel fast; see the traps about throttling in the SDK.
    maxHeartbeatThrottleInterval: 500,
    defaultHeartbeatThrottleInterval: 500,
    dataConverter: {
      payloadConverterPath: siblingPath('workflows/payload-converter'),
      failureConverterPath: siblingPath('workflows/failure-converter'),
    },
  };
  const forWorkflows: WorkerOptions & { readonly isolateExecutionTimeout: number } = {
    ...shared,
    taskQueue: workflows,
    workflowBundle: options.workflowBundle ?? prebuiltBundle(),
    ...(queues.has(workflows)
      ? {
          activities: { ...activities.workflowActivities, ...activities.agentActivities },
          tuner: attemptSlots(config.slots),
        }
      : { activities: activities.workflowActivities, maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS }),
    // After `kill -9` of a worker its workflows wait this long for it before another takes over; the default of 10 s is most of a recovery.
    stickyQueueScheduleToStartTimeout: '1s',
    isolateExecutionTimeout: LONGEST_STEP_MS,
  };
  const forAgents = [...queues]
    .filter((queue) => queue !== workflows)
    .map((taskQueue): WorkerOptions => ({
      ...shared,
      taskQueue,
      activities: activities.agentActivities,
      tuner: attemptSlots(config.slots),
    }));
  return Promise.all([forWorkflows, ...forAgents].map((each) => Worker.create(each)));
}

/** The bundle that the build has made: bundling at start would cost a second or two each time. */
function prebuiltBundle(): WorkflowBundleOption {
  const codePath = fileURLToPath(new URL('./workflow-bundle.js', import.meta.url));
  if (existsSync(codePath)) return { codePath };
  throw new Error(`No workflow bundle at ${codePath}: run "npm run build" first`);
}

/** Path of a module beside this one, as the running form has it: .js when built, .ts from source. */
function siblingPath(name: string): string {
  const own = fileURLToPath(import.meta.url);
  return join(own, '..', `${name}${own.endsWith('.ts') ? '.ts' : '.js'}`);
}

/**
 * What the SDK warns of although it is as it should be: an attempt that fails is the sprint's business and stands in its log, and a
 * worker of agents has no workflows.
 */
const isExpected = (message: string): boolean => message === 'Activity failed' || message.startsWith('No workflows registered');

/** The SDK's core takes one runtime per process; its log goes where ours goes, unless the process has a runtime already. */
function installRuntime(log: Logger): void {
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
    if (isExpected(message)) return log.debug(meta ?? {}, message);
    const write = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
    log[write[level]](meta ?? {}, message);
  });
  try {
    Runtime.install({ logger, shutdownSignals: [] });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

/** `node worker.js [config]`: a worker alone, until SIGINT or SIGTERM. */
async function main(): Promise<void> {
  const config = loadConfig(resolve(process.argv[2] ?? '.'));
  if (!config.ok) {
    process.stderr.write(`${formatProblems(config.error)}\n`);
    process.exitCode = 2;
    return;
  }
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  // Heard from the first moment: a signal that meets a worker about to serve must end it in order, too.
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const worker = await startWorker({ config: config.value, connectionOptions, namespace: namespace ?? 'default', say });
  void asked.then(() => worker.shutdown());
  await worker.done;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) await main();
