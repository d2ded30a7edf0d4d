import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';

export interface NewFile {
  /** Relative to the folder. */
  readonly path: string;
  /** One that begins with "#!" becomes executable. */
  readonly content: string;
}

/**
 * Writes files into a folder, which is made if it is not there.
 * @param other How to name another folder, for the message.
 * @throws CliError when one of them is there already; then nothing was written
 */
export function writeNewFiles(folder: string, files: readonly NewFile[], other: string): void {
  const existing = files.filter(({ path }) => existsSync(join(folder, path))).map(({ path }) => path);
  if (existing.length > 0) {
    throw new CliError(
      EXIT.invalid,
      `${folder} has ${existing.join(', ')} already: nothing was written. Name another folder (${other}), or move them away.`,
    );
  }
  for (const { path, content } of files) write(join(folder, path), content);
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  // `wx`: a file that has appeared since is not overwritten either.
  writeFileSync(path, content, { flag: 'wx', mode: content.startsWith('#!') ? 0o755 : 0o644 });
}
