import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentRun, AgentRunner, RunnerReport, RunningAgent } from '../../../src/adapters/agents/agent-runner.ts';
import { createCommandAgentRunner } from '../../../src/adapters/agents/command-agent-runner.ts';
import type { ProcessRegistry } from '../../../src/adapters/processes/process-registry.ts';
import { hasProc, readStartTime } from '../../../src/adapters/processes/process-table.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const fixture = (name: string): string => join(root, 'test', 'agents', name);
export const example = (name: string): string => join(root, 'examples', 'agents', name);

/** For tests in which the worker does not die. */
export const noRegistry: ProcessRegistry = { register: () => ({ started: () => {}, release: () => {} }) };

export const runner = (): AgentRunner => createCommandAgentRunner({ reaper: noRegistry, env: process.env });

/** One attempt in folders of its own; `reports` is filled while it runs. */
export interface TestRun {
  readonly run: AgentRun;
  readonly reports: RunnerReport[];
  /** What the agent said to others. */
  readonly messages: Parameters<AgentRun['onMessage']>[0][];
  readonly workspace: string;
  readonly abort: () => void;
  /** Resolves with the first report, past or to come, that fits. */
  readonly reported: (fits: (report: RunnerReport) => boolean) => Promise<RunnerReport>;
}

export interface TestRunInput {
  readonly argv: readonly string[];
  readonly input?: 'once' | 'stream';
  readonly env?: Readonly<Record<string, string>>;
  readonly task?: Partial<AgentRun['request']['task']>;
  readonly inputs?: AgentRun['request']['inputs'];
  readonly limits?: Partial<Pick<AgentRun, 'stallAfterMs' | 'deadlineAt' | 'killGraceMs'>>;
}

let count = 0;
const folders: string[] = [];

export function createRun({ argv, input = 'once', env = {}, task = {}, inputs = [], limits = {} }: TestRunInput): TestRun {
  const folder = mkdtempSync(join(tmpdir(), 'pact-agent-'));
  folders.push(folder);
  const [workspace, home, tmp] = ['workspace', 'home', 'tmp'].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [workspace, home, tmp]) mkdirSync(path);
  const marker = `test-${process.pid}-${Date.now()}/task/${(count += 1)}`;
  const reports: RunnerReport[] = [];
  const messages: TestRun['messages'][number][] = [];
  const waiting = new Set<(report: RunnerReport) => void>();
  const controller = new AbortController();
  const run: AgentRun = {
    request: {
      pact: 'request',
      version: 1,
      execution: 'test',
      sprint: 'core',
      agent_id: 'builder',
      attempt: 1,
      idempotencyKey: marker,
      deadline: null,
      workspace,
      inputs,
      leases: [],
      handover: null,
      feedback: [],
      digest: '',
      task: {
        id: 'lexer',
        title: 'Write the lexer',
        description: null,
        input: {},
        deliverables: [],
        estimateMs: 60_000,
        priority: 'normal',
        ...task,
      },
    },
    adapter: { kind: 'command', run: argv, env, input, probe: null },
    marker,
    home,
    tmp,
    logFile: join(folder, 'log'),
    stallAfterMs: 60_000,
    budget: null,
    deadlineAt: null,
    killGraceMs: 500,
    ...limits,
    signal: controller.signal,
    onMessage: (message) => {
      messages.push(message);
      return null;
    },
    onStatus: (report) => {
      reports.push(report);
      for (const notify of waiting) notify(report);
    },
  };
  const reported: TestRun['reported'] = (fits) => {
    const past = reports.find(fits);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => waiting.add((report) => void (fits(report) && resolve(report))));
  };
  return { run, reports, messages, workspace, abort: () => controller.abort(), reported };
}

/** Runs to the end. */
export const finish = (test: TestRun): RunningAgent['outcome'] => runner().start(test.run).outcome;

export const readLog = ({ run }: TestRun): string => readFileSync(run.logFile, 'utf8');

export function removeRuns(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Waits for a file that a fixture moves into place, and reads it as JSON. */
export async function fileAppears<T>(path: string, withinMs = 20_000): Promise<T> {
  const signal = AbortSignal.timeout(withinMs);
  await new Promise<void>((resolve, reject) => {
    const watcher = watch(dirname(path), { signal }, () => check());
    const check = (): void => {
      if (!existsSync(path)) return;
      watcher.close();
      resolve();
    };
    watcher.on('error', () => reject(new Error(`${path} did not appear within ${withinMs} ms`)));
    check();
  });
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** Asked of the kernel, not of the code under test. A zombie is dead: only its parent has not asked for its exit code yet. */
export function isAlive(pid: number): boolean {
  if (hasProc()) return readStartTime(pid) !== null && !/^State:\s+[ZX]/m.test(readStatus(pid));
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return 'State: X';
  }
}
