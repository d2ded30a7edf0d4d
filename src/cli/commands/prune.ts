import { Command, InvalidArgumentError } from 'commander';
import { formatDuration, parseDuration } from '../../domain/duration.ts';
import { CliError } from '../cli-error.ts';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { requireConfig } from '../plan-input.ts';
import { pruningLines, type PruneAnswer } from '../render/pruning-text.ts';
import type { Terminal } from '../terminal.ts';

/** An attempt may have kept something that it has not told of yet. */
const LEAST_AGE_MS = 86_400_000;
const PROGRESS_EVERY = 100;

interface PruneFlags extends ConnectionFlags {
  readonly config?: string;
  readonly olderThan: number;
  readonly dryRun?: boolean;
  readonly everything?: boolean;
  readonly json?: boolean;
}

export function pruneCommand(terminal: Terminal): Command {
  const command = new Command('prune')
    .summary('delete stored content that no execution refers to any more')
    .description(
      'Deletes from the blobs of the artifact store (deliverables, handovers, plans and states that were too large to travel) what no ' +
        'execution refers to that the server still knows: running, or ended and within the retention of its namespace; and what failed ' +
        'attempts of others have left in their workspaces. Reports, ledgers, logs and the deliverables of each execution stay. Run it where ' +
        'the workers are, against their server and namespace.',
    )
    .option('--older-than <duration>', 'only what was last written longer ago, at least 1d', readAge, 7 * LEAST_AGE_MS)
    .option('--dry-run', 'delete nothing, say what would be')
    .option('--everything', 'also where the server knows no execution at all')
    .option('--config <path>', 'config (default: pact.config.yaml in this folder)')
    .option('--json', 'print JSON');
  return withConnection(command).action(async (flags: PruneFlags) => {
    const config = requireConfig(flags.config, [terminal.cwd]);
    const { NothingKnownError, pruneStore, UnknownReferencesError } = await import('../../store-pruning.ts');
    const isDryRun = flags.dryRun === true;
    await withClient(terminal, flags, async ({ address, link, namespace }) => {
      const onRun = (done: number, of: number): void => {
        if (done % PROGRESS_EVERY === 0) terminal.note(`${done} of ${of} histories read`);
      };
      const options = { before: Date.now() - flags.olderThan, isDryRun, mayKnowNone: flags.everything === true, onRun };
      const pruning = await pruneStore(config, link, options).catch((error: unknown) => {
        if (error instanceof NothingKnownError) {
          const queue = config.taskQueues.workflows;
          const message = `The server at ${address} knows no execution of the task queue "${queue}" in namespace "${namespace}". Nothing has been deleted.`;
          throw new CliError(EXIT.notCompleted, `${message} If it is the right one, say --everything.`);
        }
        throw error instanceof UnknownReferencesError ? new CliError(EXIT.notCompleted, error.message) : error;
      });
      const answer: PruneAnswer = { address, namespace, isDryRun, olderThan: formatDuration(flags.olderThan), ...pruning };
      if (flags.json === true) terminal.printJson(answer);
      else terminal.print(...pruningLines(answer));
    });
  });
}

function readAge(text: string): number {
  const read = parseDuration(text);
  if (!read.ok) throw new InvalidArgumentError(read.error);
  if (read.value < LEAST_AGE_MS)
    throw new InvalidArgumentError('Expected at least 1d: what is younger may be about to be referred to.');
  return read.value;
}
