import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dist } from './engine.ts';

/** The product's worker as a process of its own, to be killed, frozen and thawed. */
export interface WorkerProcess {
  readonly pid: number;
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<unknown>;
  send(signal: NodeJS.Signals): void;
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>;
}

export interface WorkerProcessOptions {
  readonly configPath: string;
  readonly address: string;
  readonly namespace?: string;
  /** Program instead of the built worker; gets the path of the config and `args`. */
  readonly program?: string;
  readonly args?: readonly string[];
}

/** Resolves when it polls; throws with what it said when it ends before. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { configPath, address, namespace = 'default', program = dist('worker.js'), args = [] } = options;
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    PACT_LOG: process.env.PACT_LOG ?? 'silent',
  };
  const child = spawn(process.execPath, [program, configPath, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  await isServing(child);
  return {
    pid: child.pid as number,
    ended,
    send: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function isServing(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes('Worker serves')) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code, signal) =>
      reject(new Error(`the worker ended with ${String(code ?? signal)} before it served:\n${said}`)),
    );
  });
}
