import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type ActivityDeps, type PactActivities } from '../../src/activities/index.ts';
import { createRoster } from '../../src/activities/roster.ts';
import { toBaseEnvironment } from '../../src/activities/command-runner.ts';
import { createCommandAgentRunner, startReaper, type Reaper } from '../../src/adapters/agents/command-agent-runner.ts';
import { createChannels } from '../../src/adapters/channels/config-channels.ts';
import { checkProgram, programDigest } from '../../src/adapters/processes/program.ts';
import { runCommand } from '../../src/adapters/processes/run-command.ts';
import { drillStop } from '../../src/adapters/processes/stop-drill.ts';
import { createArtifactStore, type ArtifactStore } from '../../src/adapters/store/artifact-store.ts';
import { createDirectoryWorkspaces } from '../../src/adapters/workspaces/directory-workspaces.ts';
import type { AgentStatus } from '../../src/domain/agent-status.ts';
import type { PerformTaskInput } from '../../src/domain/attempt.ts';
import { toChannel, type ChannelConfig } from '../../src/domain/config/channel-config.ts';
import { channelSchema } from '../../src/domain/config/channel-schema.ts';
import type { AgentConfig, Config } from '../../src/domain/config/config.ts';

/** A worker's activities with real files and real processes; only the Temporal service is played by the test. */
/** A task as tests give it: checks by id, with the digests that they have. */
export type GivenTask = Partial<Omit<PerformTaskInput['task'], 'checks'>> & { readonly checks?: readonly string[] };

export interface Fixture {
  readonly baseDir: string;
  readonly config: Config;
  readonly activities: PactActivities;
  readonly store: ArtifactStore;
  readonly signals: { workflowId: string; name: string; payload: unknown }[];
  /** What queries answer, by name. */
  readonly queries: Map<string, (input: unknown) => unknown>;
  /** Puts a program into the folder and answers with its path. */
  program(name: string, source: string): Promise<string>;
  input(change?: Partial<PerformTaskInput>, task?: GivenTask): Promise<PerformTaskInput>;
  close(): Promise<void>;
}

export const commandAgent = (id: string, run: readonly string[], adapter: Partial<AgentConfig['adapter']> = {}): AgentConfig =>
  ({
    id,
    title: null,
    skills: [],
    capacity: 1,
    queue: null,
    stallAfterMs: null,
    adapter: { kind: 'command', run, env: {}, input: 'once', probe: null, ...adapter },
  }) as AgentConfig;

/** A channel as a config writes it. */
export const channel = (written: Record<string, unknown>): ChannelConfig =>
  toChannel(channelSchema.parse(written), (run) => [...run]);

export async function createFixture(
  configure: (baseDir: string) => Promise<Partial<Config>> | Partial<Config>,
): Promise<Fixture> {
  const baseDir = await mkdtemp(join(tmpdir(), 'pact-activities-'));
  const config: Config = { ...emptyConfig(baseDir), ...(await configure(baseDir)) };
  const reaper: Reaper = await startReaper({ runningDir: join(baseDir, '.pact/running'), log: () => undefined });
  const roster = createRoster({ config, programDigest: (argv) => programDigest(argv, baseDir) });
  const run: ActivityDeps['runCommand'] = (spec) => runCommand({ ...spec, registry: reaper });
  const baseEnvironment = toBaseEnvironment(process.env);
  const signals: Fixture['signals'] = [];
  const queries: Fixture['queries'] = new Map();
  const store = createArtifactStore({ dir: config.artifacts.dir });
  const channels = createChannels(config.channels, {
    runCommand: run,
    checkProgram: (argv) => checkProgram(argv, baseDir, baseEnvironment),
    baseDir,
    env: baseEnvironment,
    readVariable: (name) => process.env[name],
    writeLine: () => undefined,
    timing: { tries: 2, pauseMs: 5, longestPauseMs: 50 },
  });
  const activities = createActivities({
    config,
    roster,
    runner: createCommandAgentRunner({ reaper, env: process.env }),
    store,
    workspaces: createDirectoryWorkspaces({ baseDir }),
    channels,
    runCommand: run,
    checkProgram: (argv, env) => checkProgram(argv, baseDir, env),
    drillStop: () => drillStop(reaper),
    baseEnvironment,
    searchAttributes: async () => true,
    temporal: {
      async signal(workflowId, name, payload) {
        signals.push({ workflowId, name, payload });
        return 'sent';
      },
      async query(_workflowId, name, input) {
        const answer = queries.get(name);
        if (answer === undefined) throw new Error(`No answer to the query ${name}`);
        return answer(input);
      },
    },
    log: { debug: () => undefined },
  });
  return {
    baseDir,
    config,
    activities,
    store,
    signals,
    queries,
    program: async (name, source) => {
      const file = join(baseDir, 'agents', name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, source);
      return file;
    },
    input: async (change = {}, task = {}) => {
      const agent = change.agent ?? config.agents[0]?.id ?? '';
      const digests = new Map((await roster.checks()).map(({ id, digest }) => [id, digest]));
      const checks = (task.checks ?? []).map((id) => ({ id, digest: digests.get(id) ?? '' }));
      const digest = (await roster.find(agent))?.digest ?? '';
      return { ...plainInput(agent, digest), ...change, task: { ...plainTask, ...task, checks } };
    },
    async close() {
      activities.close();
      await reaper.close();
      await rm(baseDir, { recursive: true, force: true });
    },
  };
}

const plainTask: PerformTaskInput['task'] = {
  id: 'lexer',
  title: 'Write the lexer',
  description: null,
  input: { spec: 'docs/grammar.md' },
  deliverables: [],
  estimateMs: 60_000,
  priority: 'normal',
  checks: [],
};

const plainInput = (agent: string, digest: string): Omit<PerformTaskInput, 'task'> => ({
  executionId: 'pact-1',
  ownerId: 'pact-1/sprint/core',
  sprint: 'core',
  agent,
  digest,
  attempt: 1,
  deadline: null,
  stallAfterMs: 60_000,
  leases: [],
  inputs: [],
  feedback: ['attempt 0 said hello'],
  digestOfOthers: 'tester: tests',
  nextCoordinationPoint: '2026-12-01T12:00:00.000Z',
});

const emptyConfig = (baseDir: string): Config => ({
  agents: [],
  checks: [],
  resources: [],
  dependencies: [],
  channels: [],
  notify: [],
  budget: { warnAt: 0.8, withinMs: 86_400_000 },
  workspaces: { kind: 'directory' },
  authorization: { mode: 'anyone', approvers: [], required: 1, expiresMs: 3_600_000 },
  stallAfterMs: 60_000,
  heartbeatTimeoutMs: 10_000,
  killGraceMs: 500,
  artifacts: { dir: join(baseDir, '.pact', 'artifacts') },
  taskQueues: { workflows: 'pact', agents: 'pact-agents' },
  slots: { minimum: 1, maximum: 1_000, memory: null, cpu: null },
  baseDir,
});

/** An activity environment that keeps the heartbeats and is silent about failures that a test expects. */
export function createEnvironment(): { readonly env: MockActivityEnvironment; readonly beats: AgentStatus[] } {
  const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const beats: AgentStatus[] = [];
  env.on('heartbeat', (details: AgentStatus) => beats.push(details));
  return { env, beats };
}

/** Resolves when the condition holds; throws after the deadline with what was waited for. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat !== null && !/\) Z /.test(stat);
}
