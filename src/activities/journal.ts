import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import { toReportMarkdown } from '../domain/execution/report-markdown.ts';
import type { ExecutionReport } from '../domain/execution/report.ts';
import type { LedgerEntry } from '../domain/ledger.ts';
import type { StatusView } from '../domain/views.ts';
import type { StatusDocuments } from './status-document.ts';

export interface JournalInput {
  readonly executionId: string;
  readonly entries: readonly LedgerEntry[];
}

export interface WriteReportInput {
  readonly executionId: string;
  readonly json: ExecutionReport;
  /** The last status, for the final `status.md`; without it that stays as it was. */
  readonly status?: StatusView;
}

export interface JournalDeps {
  readonly store: Pick<ArtifactStore, 'appendLedger' | 'writeDocument'>;
  readonly statusDocuments: Pick<StatusDocuments, 'write'>;
}

/**
 * The activity `journal`: appends to `ledger.jsonl` and syncs it. An entry is known by its source, run and seq, so a retry adds
 * nothing. Throws system errors (disk full), which Temporal retries.
 */
export function createJournal({ store }: JournalDeps): (input: JournalInput) => Promise<void> {
  return async ({ executionId, entries }) => await store.appendLedger(executionId, entries);
}

/**
 * The activity `writeReport`: `report.md`, `report.json` and the final `status.md`, each replaced as a whole. Answers with
 * `report.json`, written last; the others lie beside it. Throws system errors, which Temporal retries.
 */
export function createWriteReport(
  deps: JournalDeps,
): (input: WriteReportInput) => Promise<{ readonly uri: string; readonly sha256: string }> {
  return async ({ executionId, json, status }) => {
    if (status !== undefined) await deps.statusDocuments.write(executionId, status);
    await deps.store.writeDocument(executionId, 'report.md', toReportMarkdown(json));
    const { uri, sha256 } = await deps.store.writeDocument(executionId, 'report.json', `${JSON.stringify(json, null, 2)}\n`);
    return { uri, sha256 };
  };
}
