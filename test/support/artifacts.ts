import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LedgerEntry } from '../../src/domain/ledger.ts';
import type { ExecutionReport } from '../../src/domain/execution/report.ts';
import type { Engine } from './engine.ts';

export const artifactPath = (engine: Engine, executionId: string, name: string): string =>
  join(engine.baseDir, '.pact', 'artifacts', executionId, name);

export const readArtifact = (engine: Engine, executionId: string, name: string): Promise<string> =>
  readFile(artifactPath(engine, executionId, name), 'utf8');

export const readReport = async (engine: Engine, executionId: string): Promise<ExecutionReport> =>
  JSON.parse(await readArtifact(engine, executionId, 'report.json')) as ExecutionReport;

/** Entries of `ledger.jsonl` in the order of the file; none while it is not there. */
export async function readLedger(engine: Engine, executionId: string): Promise<readonly LedgerEntry[]> {
  const text = await readArtifact(engine, executionId, 'ledger.jsonl').catch(() => '');
  return parseLedger(text);
}

export const parseLedger = (text: string): LedgerEntry[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LedgerEntry);
