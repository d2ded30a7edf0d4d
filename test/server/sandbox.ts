import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { obtainBinary } from '../../src/server/binary-roads.ts';
import { defaultLimits, type Environment, type ServerContext, type ServerLimits } from '../../src/server/server-options.ts';

/** A folder with a PATH, home and cache of its own: nothing that is installed on the machine is found from it. */
export interface Sandbox {
  readonly folder: string;
  readonly cache: string;
  readonly env: Environment;
  /** What was said. */
  readonly lines: string[];
  readonly say: (line: string) => void;
  context(limits?: Partial<ServerLimits>, env?: Environment, signal?: AbortSignal): ServerContext;
  /** Puts a Node program on the sandbox's PATH; returns its path. */
  addProgram(name: string, source: string): Promise<string>;
  remove(): Promise<void>;
}

export async function createSandbox(): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'pact-sandbox-'));
  const bin = join(folder, 'bin');
  const cache = join(folder, 'cache');
  await mkdir(bin);
  const env: Environment = { PATH: bin, HOME: folder, PACT_CACHE_DIR: cache };
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  return {
    folder,
    cache,
    env,
    lines,
    say,
    context: (limits, more, signal) => ({
      baseDir: folder,
      say,
      signal,
      env: { ...env, ...more },
      limits: { ...defaultLimits, ...limits },
    }),
    async addProgram(name, source) {
      const path = join(bin, name);
      await writeFile(path, `#!${process.execPath}\n${source}`);
      await chmod(path, 0o755);
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** A program that says it is a Temporal CLI; what it does for other commands is up to `rest`. */
export const fakeCli = (rest = ''): string =>
  `if (process.argv[2] === '--version') { console.log('temporal version 9.9.9 (Server 1.0.0)'); process.exit(0); }\n${rest}`;

/** Path of the real binary of this machine, by the product's own roads. */
export async function realBinary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pact-real-'));
  try {
    const say = (line: string): void => console.log(`[server] ${line}`);
    const context = { baseDir: folder, env: process.env, limits: defaultLimits, say, signal: undefined };
    return (await obtainBinary(context, undefined)).path;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits for a condition that no event announces; fails with `what` at the deadline. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`Not within ${limitMs} ms: ${what}`);
    await delay(20);
  }
}

export const isGone = (path: string): boolean => !existsSync(path);
