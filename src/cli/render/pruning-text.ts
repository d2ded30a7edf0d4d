import type { Pruning, Swept } from '../../store-pruning.ts';
import { bytesText } from './bytes-text.ts';

/** What `pact prune --json` prints. */
export interface PruneAnswer extends Pruning {
  readonly address: string;
  readonly namespace: string;
  readonly isDryRun: boolean;
  readonly olderThan: string;
}

/** What has been deleted, or would be, and what stays and why. */
export function pruningLines(answer: PruneAnswer): readonly string[] {
  const { address, namespace, executions, runs, blobs, workspaces } = answer;
  return [
    `Server ${address}, namespace "${namespace}": ${executions.total} executions, ${executions.running} of them running; ${runs} histories read.`,
    ...sweptLines('blobs', 'that executions refer to', blobs, answer),
    ...sweptLines('workspaces', 'of these executions', workspaces, answer),
  ];
}

const sweptLines = (what: string, why: string, swept: Swept, { isDryRun, olderThan }: PruneAnswer): readonly string[] => [
  `${isDryRun ? 'Would delete' : 'Deleted'} from the ${what}: ${countText(swept.deleted)} in ${swept.folder}`,
  `  kept: ${countText(swept.referenced)} ${why}; ${countText(swept.young)} younger than ${olderThan}`,
];

const countText = ({ files, bytes }: Swept['deleted']): string =>
  `${files} ${files === 1 ? 'file' : 'files'} (${bytesText(bytes)})`;
