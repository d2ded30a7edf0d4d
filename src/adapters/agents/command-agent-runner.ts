import type { JsonObject } from '../../domain/plan/plan.ts';
import { startProcess } from '../processes/managed-process.ts';
import type { ProcessRegistry } from '../processes/process-registry.ts';
import { toAgentEnvironment } from './agent-environment.ts';
import { openAgentLog } from './agent-log.ts';
import { toOutcome, type Interruption } from './agent-outcome.ts';
import type { AgentOutcome, AgentRun, AgentRunner, RunningAgent } from './agent-runner.ts';
import { createAgentSession } from './agent-session.ts';
import { initialTranscript } from './transcript.ts';
import { messageOf } from '../../domain/error-message.ts';

export { startReaper, type Reaper, type ReaperOptions } from '../processes/reaper-client.ts';
export { cleanLeftovers, type Leftovers } from '../processes/leftovers.ts';

export interface CommandAgentRunnerOptions {
  /** Every agent is registered there before it starts, so that it dies with this worker. */
  readonly reaper: ProcessRegistry;
  /** The worker's environment, of which an agent gets PATH, LANG and TZ. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const TAIL_BYTES = 4_096;
/** An agent that does not read what is sent to it: beyond this nothing more is taken. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Runs agents that are programs, over the protocol of docs/agents.md. It holds no state between attempts. */
export function createCommandAgentRunner(options: CommandAgentRunnerOptions): AgentRunner {
  return {
    start: (run) => {
      if (run.signal.aborted) return notStarted(run, 'The agent was stopped before it started', 'stopped');
      try {
        return startAgent(run, options);
      } catch (error) {
        return notStarted(run, `The attempt cannot be started: ${messageOf(error)}`, 'agent');
      }
    },
  };
}

/** Throws when the log file cannot be created. */
function startAgent(run: AgentRun, { reaper, env }: CommandAgentRunnerOptions): RunningAgent {
  const { request, adapter, signal } = run;
  const log = openAgentLog(run.logFile);
  const startedAt = performance.now();
  let interruption: Interruption | null = null;
  const interrupt = (cause: Interruption): void => {
    // Too late: it ended by itself, and what it did counts.
    if (interruption !== null || child.hasExited()) return;
    interruption = cause;
    session.stopWatching();
    if (adapter.input === 'stream') send({ pact: 'wrap-up', reason: cause.kind, withinMs: run.killGraceMs });
    child.stop();
  };
  const session = createAgentSession({
    run,
    log,
    interrupt,
    pause: () => child.pause(),
    resume: () => child.resume(),
  });
  const child = startProcess({
    argv: adapter.run,
    cwd: request.workspace,
    env: toAgentEnvironment({ worker: env, declared: adapter.env, home: run.home, tmp: run.tmp }),
    marker: run.marker,
    killGraceMs: run.killGraceMs,
    stdin: 'pipe',
    registry: reaper,
    onOutput: session.readOutput,
  });
  const send = (line: JsonObject): boolean => {
    const { stdin } = child;
    if (stdin === null || !stdin.writable || stdin.writableLength > MAX_UNREAD_BYTES) return false;
    stdin.write(`${JSON.stringify(line)}\n`);
    return true;
  };
  send(request as unknown as JsonObject);
  if (adapter.input === 'once') child.stdin?.end();
  const stop = (): void => interrupt({ kind: 'stopped' });
  signal.addEventListener('abort', stop, { once: true });
  session.watch();

  const finish = async (): Promise<AgentOutcome> => {
    const end = await child.ended;
    signal.removeEventListener('abort', stop);
    const transcript = session.finish();
    const tail = log.tail(TAIL_BYTES);
    log.close();
    return toOutcome({ transcript, end, interruption, durationMs: Math.round(performance.now() - startedAt), tail });
  };
  return {
    outcome: finish(),
    send: (line) => {
      const isSent = adapter.input === 'stream' && send(line);
      if (isSent && line['pact'] === 'answer') session.answered(String(line['id']));
      return isSent;
    },
    allow: (allowance) => {
      if (interruption === null && !child.hasExited()) session.allow(allowance);
    },
  };
}

function notStarted({ request }: AgentRun, message: string, cause: 'stopped' | 'agent'): RunningAgent {
  const { status } = initialTranscript(request.agent_id, request.task.title);
  const failure = { cause, type: 'AgentError', message, retryable: true, exitCode: null, tail: '' } as const;
  return {
    outcome: Promise.resolve({ ok: false, failure, lastStatus: status, durationMs: 0, left: { notes: [], questions: [] } }),
    send: () => false,
    allow: () => {},
  };
}
