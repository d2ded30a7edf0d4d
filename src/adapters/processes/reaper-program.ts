import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The files that the reaper consists of, itself first. */
const PARTS = ['reaper', 'reaper-protocol', 'process-end', 'process-table'] as const;

/**
 * Absolute path of the reaper as a program that this Node runs: the compiled sibling of this file; from source (tests), the
 * source itself where Node strips types (22.18 and newer), else a copy compiled once per content by the project's TypeScript.
 * Throws when that compilation fails.
 */
export function locateReaper(): string {
  const own = fileURLToPath(import.meta.url);
  const folder = dirname(own);
  if (!own.endsWith('.ts')) return join(folder, 'reaper.js');
  if ((process.features as { typescript?: string | false }).typescript) return join(folder, 'reaper.ts');
  return compileReaper(PARTS.map((name) => join(folder, `${name}.ts`)));
}

function compileReaper(sources: readonly string[]): string {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(source)).update('\0');
  const target = join(dirname(manifest), '..', '.cache', 'pact-temporal', `reaper-${hash.digest('hex').slice(0, 16)}`);
  const program = join(target, 'reaper.js');
  if (existsSync(program)) return program;

  const scratch = `${target}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  writeFileSync(join(scratch, 'package.json'), '{"type":"module"}');
  const options = [
    '--ignoreConfig',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--rewriteRelativeImportExtensions',
    '--skipLibCheck',
  ];
  const [entry = ''] = sources;
  const tsc = join(dirname(manifest), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, ...options, '--types', 'node', '--rootDir', dirname(entry), '--outDir', scratch, entry], {
    stdio: 'pipe',
  });
  try {
    renameSync(scratch, target);
  } catch {
    rmSync(scratch, { recursive: true, force: true }); // another process was faster, with the same content
  }
  return program;
}
