import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CliBinary } from './cli-binary.ts';

/**
 * The binary that last opened this folder's database. It lies beside the database rather than in the cache, since a
 * database keeps being opened by the server version that wrote it, whatever else is installed later.
 */
const rememberedFile = (baseDir: string): string => join(baseDir, '.pact', 'temporal-binary.json');

/** Path of the remembered binary; null when nothing, or nothing readable, is remembered. */
export function recallBinary(baseDir: string): string | null {
  try {
    const known = JSON.parse(readFileSync(rememberedFile(baseDir), 'utf8')) as { path?: unknown };
    return typeof known.path === 'string' ? known.path : null;
  } catch {
    return null;
  }
}

export function rememberBinary(baseDir: string, binary: CliBinary): void {
  const path = rememberedFile(baseDir);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(binary, null, 2)}\n`);
}

export function forgetBinary(baseDir: string): void {
  rmSync(rememberedFile(baseDir), { force: true });
}
