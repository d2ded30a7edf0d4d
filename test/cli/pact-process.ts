import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface PactOptions {
  readonly cwd: string;
  /** Added to PATH and HOME of this process, and to nothing else of it. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface PactResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PactProcess {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when stdout or stderr matches; rejects with both after the deadline or when the process ends without it. */
  waitFor(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<PactResult>;
}

/** The built command as a child process without a terminal. */
export function startPact(args: readonly string[], { cwd, env = {} }: PactOptions): PactProcess {
  const { PATH = '', HOME = '', XDG_CACHE_HOME, PACT_CACHE_DIR, PACT_TEMPORAL_BINARY } = process.env;
  const passed = Object.entries({ XDG_CACHE_HOME, PACT_CACHE_DIR, PACT_TEMPORAL_BINARY }).filter(
    ([, value]) => value !== undefined,
  );
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH, HOME, ...Object.fromEntries(passed), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  const hear = (name: 'stdout' | 'stderr') => (chunk: Buffer) => {
    read[name] += chunk.toString('utf8');
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', hear('stdout'));
  child.stderr.on('data', hear('stderr'));
  const ended = new Promise<PactResult>((resolve) => child.once('close', (code) => resolve({ code, ...read })));
  return {
    pid: child.pid ?? 0,
    stdout: () => read.stdout,
    stderr: () => read.stderr,
    kill: (signal) => void child.kill(signal),
    ended,
    waitFor: (pattern, withinMs = 60_000) =>
      new Promise((resolve, reject) => {
        const finish = (match: RegExpMatchArray | null, why: string): void => {
          listeners.delete(look);
          clearTimeout(timer);
          if (match !== null) resolve(match);
          else reject(new Error(`${why} without ${pattern}\nstdout:\n${read.stdout}\nstderr:\n${read.stderr}`));
        };
        const look = (): void => {
          const match = read.stdout.match(pattern) ?? read.stderr.match(pattern);
          if (match !== null) finish(match, '');
        };
        const timer = setTimeout(() => finish(null, `${withinMs} ms`), withinMs);
        listeners.add(look);
        void ended.then(() => finish(read.stdout.match(pattern) ?? read.stderr.match(pattern), 'ended'));
        look();
      }),
  };
}

export const runPact = (args: readonly string[], options: PactOptions): Promise<PactResult> => startPact(args, options).ended;
