import type { Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { choosePaint } from './render/paint.ts';
import type { Paint } from './render/paint.ts';
import type { View } from './render/view.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a command reads and writes; results go to stdout, everything about the command's own doings to stderr. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  readonly env: Environment;
  readonly cwd: string;
  /** True when a person can be asked: stdin and stdout are both a terminal. */
  readonly isInteractive: boolean;
  readonly paint: Paint;
  print(...lines: readonly string[]): void;
  note(...lines: readonly string[]): void;
  /** A whole answer for a program. */
  printJson(data: unknown): void;
  view(): View;
  setExitCode(code: number): void;
}

/** What a terminal needs of its process. */
export type Surroundings = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env' | 'cwd'> & { exitCode?: unknown };

export function createTerminal(process: Surroundings): Terminal {
  const { stdin, stdout, stderr, env } = process;
  const paint = choosePaint(stdout.isTTY === true, env);
  return {
    stdin,
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    isInteractive: stdin.isTTY === true && stdout.isTTY === true && env['TERM'] !== 'dumb',
    paint,
    print: (...lines) => void stdout.write(lines.map((line) => `${line}\n`).join('')),
    note: (...lines) => void stderr.write(lines.map((line) => `${line}\n`).join('')),
    printJson: (data) => void stdout.write(`${JSON.stringify(data, null, 2)}\n`),
    // 0 columns: a terminal whose size nobody has set.
    view: () => ({ paint, width: stdout.columns || 120, now: new Date() }),
    setExitCode: (code) => void (process.exitCode = code),
  };
}
