import { Command } from 'commander';
import { NoWorkerError } from '../../client/errors.ts';
import type { PactClient } from '../../client/pact-client.ts';
import type { InboxItem } from '../../domain/views.ts';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { itemLines } from '../render/inbox-text.ts';
import { pactCommand, respondCommands } from '../render/next-commands.ts';
import type { CommandTarget } from '../render/next-commands.ts';
import { toPlainData } from '../render/plain-text.ts';
import type { Terminal } from '../terminal.ts';

interface InboxFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** What one execution waits for; `why` is set where no worker could tell. */
interface ExecutionInbox {
  readonly executionId: string;
  readonly items: readonly InboxItem[];
  readonly why: string | null;
}

export function inboxCommand(terminal: Terminal): Command {
  const command = new Command('inbox')
    .summary('everything that waits on a person')
    .description(
      'Lists what waits on a person, with who may answer, until when and what silence means. Without ID: of all open executions.',
    )
    .argument('[id]', 'execution id')
    .option('--json', 'print JSON');
  return withConnection(command).action((id: string | undefined, flags: InboxFlags) =>
    withClient(terminal, flags, async (client, targetOf) => {
      const ids = id === undefined ? (await client.list({ needsPerson: true })).map((each) => each.executionId) : [id];
      const inboxes = await Promise.all(ids.map((each) => readInbox(client, each)));
      if (flags.json === true) return terminal.printJson(inboxes);
      const waiting = toPlainData(inboxes).filter((inbox) => inbox.items.length > 0 || inbox.why !== null);
      if (waiting.length === 0) return terminal.print('Nothing waits on a person.');
      terminal.print(...waiting.flatMap((inbox) => inboxText(inbox, targetOf(inbox.executionId), terminal)));
    }),
  );
}

async function readInbox(client: PactClient, executionId: string): Promise<ExecutionInbox> {
  try {
    return { executionId, items: await client.inbox(executionId), why: null };
  } catch (error) {
    if (!(error instanceof NoWorkerError)) throw error;
    return { executionId, items: [], why: error.message };
  }
}

function inboxText({ items, why }: ExecutionInbox, target: CommandTarget, terminal: Terminal): readonly string[] {
  const { paint } = terminal;
  const head = paint.bold(target.executionId);
  if (why !== null) return [head, paint.yellow(`  What it waits for is not known: ${why}`)];
  const lines = items.flatMap((item) => [...itemLines(item, terminal.view()), ...howTo(target, item)]);
  return [head, ...lines.map((line) => `  ${line}`)];
}

function howTo(target: CommandTarget, item: InboxItem): readonly string[] {
  switch (item.kind) {
    case 'authorization':
      return [`  ${pactCommand(target, 'authorize', '--as', 'NAME')}`];
    case 'stopped':
    case 'paused':
      return [`  ${pactCommand(target, 'resume', '--as', 'NAME')}`];
    default:
      return respondCommands(target, item).slice(0, 1);
  }
}
