import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../src/server/cli-cache.ts';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { findOnPath } from '../../src/server/cli-binary.ts';
import { withLock } from '../../src/server/file-lock.ts';

const run = promisify(execFile);
const groupId = 'io.temporal';
const artifactId = 'temporal-test-server';
const version = '1.32.0';
const mainClass = 'io.temporal.testserver.TestServer';

export type TimeSkippingServer =
  | { readonly ok: true; readonly executablePath: string }
  | { readonly ok: false; readonly reason: string };

/**
 * The official Java test server that skips time, from Maven Central into the cache, as an executable for
 * `TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } })`.
 * Not ok, with a reason to show, where there is no Java or Maven, or Maven does not get it.
 */
export async function openTimeSkippingServer(env: NodeJS.ProcessEnv = process.env): Promise<TimeSkippingServer> {
  const java = findOnPath('java', env);
  if (java === null) return { ok: false, reason: 'the time-skipping server needs Java, and "java" is not on the PATH' };
  const folder = join(cacheFolder(env), `time-skipping-${version}`);
  const executablePath = join(folder, 'temporal-test-server');
  if (existsSync(executablePath)) return { ok: true, executablePath };
  const maven = findOnPath('mvn', env);
  if (maven === null) {
    return { ok: false, reason: 'the time-skipping server comes through Maven, and "mvn" is not on the PATH' };
  }
  try {
    const lock = { path: `${folder}.lock`, waitMs: 600_000, onWait: () => {} };
    await withLock(lock, async () => {
      if (!existsSync(executablePath)) await install(maven, folder, env);
    });
    return { ok: true, executablePath };
  } catch (error) {
    const output = (error as { stdout?: string }).stdout?.trim().split('\n')[0];
    return { ok: false, reason: `Maven did not get ${groupId}:${artifactId}:${version}: ${output || String(error)}` };
  }
}

const STARTS = 4;

/** Starts the server. The SDK gives it 5 s, which a busy machine does not always have for a JVM: it is tried more than once. */
export async function startTimeSkipping(executablePath: string): Promise<TestWorkflowEnvironment> {
  const executable = { type: 'existing-path', path: executablePath } as const;
  for (let start = 1; ; start += 1) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    } catch (error) {
      if (start === STARTS) throw error;
    }
  }
}

/** Fills a folder beside the final one and renames it, so that a half-filled one is never used. */
async function install(maven: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(cacheFolder(env), { recursive: true });
  const incoming = await mkdtemp(`${folder}.incoming-`);
  try {
    await writeFile(join(incoming, 'pom.xml'), pom);
    const goal = ['dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime'];
    await run(maven, ['-q', '-B', ...goal], { cwd: incoming, env, timeout: 300_000 });
    await writeFile(join(incoming, 'temporal-test-server'), launcher, { mode: 0o755 });
    await rm(folder, { recursive: true, force: true });
    await rename(incoming, folder);
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>pact</groupId>
  <artifactId>time-skipping</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>${groupId}</groupId>
      <artifactId>${artifactId}</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;

// The SDK ends the process that it started, so Java must be that process: hence exec. The loop beside it ends Java when the
// test run is killed and cannot.
const launcher = `#!/bin/sh
lib=$(dirname "$0")/lib
parent=$PPID
server=$$
(while kill -0 "$parent" && kill -0 "$server"; do sleep 1; done; kill -9 "$server") </dev/null >/dev/null 2>&1 &
exec java -cp "$lib/*" ${mainClass} "$@"
`;
