import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end with `input` on stdin. Rejects when it cannot start. */
export async function runProgram(argv: readonly string[], cwd: string, env: Record<string, string>, input = ''): Promise<Ended> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('no program to run');
  const child = spawn(file, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined); // a program may end without reading
  child.stdin.end(input);
  const exited = new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done));
  const [exitCode, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { exitCode, stdout, stderr };
}

/** The environment of an agent and nothing else: HOME and TMPDIR below `folder`, three variables of the worker, the marker. */
export function agentEnvironment(folder: string, marker: string): Record<string, string> {
  for (const name of ['home', 'tmp']) mkdirSync(join(folder, name), { recursive: true });
  const inherited = ['PATH', 'LANG', 'TZ'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...Object.fromEntries(inherited), HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp'), PACT_ATTEMPT: marker };
}

/** As a config is read: elements of `run` that name a file of its folder become absolute. */
export function absoluteArgv(run: readonly string[], folder: string): readonly string[] {
  const isFile = (part: string): boolean =>
    !isAbsolute(part) && existsSync(join(folder, part)) && statSync(join(folder, part)).isFile();
  return run.map((part) => (isFile(part) ? join(folder, part) : part));
}

/** A protocol line of an agent. */
export type Line = { readonly pact: string } & Readonly<Record<string, unknown>>;

export function protocolLines(stdout: string): readonly Line[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"pact"'))
    .map((line) => JSON.parse(line) as Line);
}
