import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Paths of a report on this machine. */
export interface ReportFiles {
  readonly markdown: string;
  readonly json: string;
}

/** From the report's `file:` URI; null when it is not a file of this machine. */
export function reportFiles(uri: string): ReportFiles | null {
  if (!uri.startsWith('file:')) return null;
  const folder = dirname(fileURLToPath(uri));
  return { markdown: join(folder, 'report.md'), json: join(folder, 'report.json') };
}

/** Path to name to a person: the Markdown file, or the URI where the report is elsewhere. */
export const reportPath = (report: { readonly uri: string } | null): string | null =>
  report === null ? null : (reportFiles(report.uri)?.markdown ?? report.uri);

/** Absolute path of the first deliverable of the report whose path ends in `suffix`; null when there is none. */
export function findDeliverable(report: { readonly uri: string } | null, suffix: string): string | null {
  const files = report === null ? null : reportFiles(report.uri);
  if (files === null || !existsSync(files.json)) return null;
  const content = JSON.parse(readFileSync(files.json, 'utf8')) as {
    readonly tasks?: readonly {
      readonly id: string;
      readonly deliverables?: readonly { readonly path: string; readonly uri?: string }[];
    }[];
  };
  for (const task of content.tasks ?? []) {
    const found = task.deliverables?.find((deliverable) => deliverable.path.endsWith(suffix));
    if (found === undefined) continue;
    const folder = join(dirname(files.json), 'deliverables', task.id);
    return fileURLToPath(found.uri ?? pathToFileURL(join(folder, found.path)));
  }
  return null;
}
