import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { err, ok, type Result } from '../domain/result.ts';
import { executableName } from './cli-cache.ts';
import { toReason } from './server-failure.ts';
import type { Environment } from './server-options.ts';

/** The release that is downloaded or built. Newer tags have a `replace` line that `go install` refuses. */
export const pinnedVersion = '1.5.1';

export interface CliBinary {
  readonly path: string;
  /** What `--version` says: "1.5.1 (Server 1.29.1, UI 2.42.1)". */
  readonly version: string;
}

/** First file of that name on the PATH of `env` that may be executed; null if there is none. */
export function findOnPath(name: string, env: Environment): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const candidate = resolve(folder, name);
    if (isExecutableFile(candidate)) return candidate;
  }
  return null;
}

export const findTemporalOnPath = (env: Environment): string | null => findOnPath(executableName(), env);

/** A path as the user wrote it: absolute, relative to the folder, or a bare name to look up on the PATH. */
export function resolveNamed(named: string, baseDir: string, env: Environment): string {
  const isBareName = !named.includes('/') && !named.includes('\\');
  return (isBareName ? findOnPath(named, env) : null) ?? resolve(baseDir, named);
}

/** Runs `<path> --version` and checks that it is a Temporal CLI. */
export async function probeBinary(path: string, env: Environment, limitMs = 15_000): Promise<Result<CliBinary>> {
  if (!existsSync(path)) return err(`${path} does not exist`);
  if (!isExecutableFile(path)) return err(`${path} is not an executable file`);
  const said = await runVersion(path, env, limitMs);
  if (!said.ok) return err(`${path} --version failed: ${said.error}`);
  const version = /^temporal version (.+)$/m.exec(said.value)?.[1];
  if (version !== undefined) return ok({ path, version });
  return err(`${path} --version said ${JSON.stringify(said.value.slice(0, 80))}; expected "temporal version …"`);
}

function runVersion(path: string, env: Environment, limitMs: number): Promise<Result<string>> {
  return new Promise((done) => {
    const options = { env: { ...env }, timeout: limitMs, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
    execFile(path, ['--version'], options, (error, stdout, stderr) => {
      if (error === null) done(ok(stdout.trim()));
      else if (error.killed) done(err(`no answer within ${limitMs / 1000} s`));
      else done(err(stderr.trim().split('\n')[0] || toReason(error)));
    });
  });
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Name of the release archive for a platform; null where none is published. */
export function archiveName(platform: NodeJS.Platform, arch: string): string | null {
  const os = ({ linux: 'linux', darwin: 'darwin', win32: 'windows' } as Record<string, string>)[platform];
  const cpu = ({ x64: 'amd64', arm64: 'arm64' } as Record<string, string>)[arch];
  return os && cpu ? `temporal_cli_${pinnedVersion}_${os}_${cpu}.tar.gz` : null;
}
