import { Command } from 'commander';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { listingLines } from '../render/listing-text.ts';
import { toPlainData } from '../render/plain-text.ts';
import { statusLines } from '../render/status-text.ts';
import type { Terminal } from '../terminal.ts';

interface StatusFlags extends ConnectionFlags {
  readonly json?: boolean;
  readonly open?: boolean;
}

export function statusCommand(terminal: Terminal): Command {
  const command = new Command('status')
    .summary('how an execution stands, or the list of executions')
    .description(
      'Shows how an execution stands: phase, progress, agents, what waits for a person. Without ID lists the executions.',
    )
    .argument('[id]', 'execution id')
    .option('--open', 'list only those that have not ended')
    .option('--json', 'print JSON');
  return withConnection(command).action((id: string | undefined, flags: StatusFlags) =>
    withClient(terminal, flags, async (client) => {
      if (id === undefined) {
        const executions = await client.list({ open: flags.open === true });
        if (flags.json === true) return terminal.printJson(executions);
        if (executions.length === 0)
          return terminal.print(`No executions in namespace "${client.namespace}" at ${client.address}.`);
        return terminal.print(...listingLines(toPlainData(executions), terminal.view()));
      }
      const answer = await client.status(id);
      if (flags.json === true) return terminal.printJson(answer);
      terminal.print(...statusLines(toPlainData(answer), terminal.view()));
    }),
  );
}
