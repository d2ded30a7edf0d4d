import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CliBinary } from './cli-binary.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** The server that has this folder's database open, as `.pact/server.json`. */
export interface ServerRecord {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string | null;
  readonly httpUrl: string | null;
  readonly database: string;
  readonly binary: CliBinary;
  readonly server: ProcessIdentity;
  readonly keeper: ProcessIdentity;
  /** The process with which the server ends; null when it was started detached. */
  readonly startedBy: ProcessIdentity | null;
}

const recordPath = (baseDir: string): string => join(baseDir, '.pact', 'server.json');

/** Null when there is no record, or one that cannot be read. */
export function readServerRecord(baseDir: string): ServerRecord | null {
  try {
    const record = JSON.parse(readFileSync(recordPath(baseDir), 'utf8')) as ServerRecord | null;
    return typeof record?.server?.pid === 'number' && typeof record.address === 'string' ? record : null;
  } catch {
    return null;
  }
}

export function writeServerRecord(baseDir: string, record: ServerRecord): void {
  const path = recordPath(baseDir);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

export function removeServerRecord(baseDir: string): void {
  rmSync(recordPath(baseDir), { force: true });
}
