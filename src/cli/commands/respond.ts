import { Command } from 'commander';
import { z } from 'zod';
import type { Respond } from '../../domain/messages.ts';
import { printAccepted } from '../accepted.ts';
import { CliError } from '../cli-error.ts';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { messageOf } from '../../domain/error-message.ts';

interface RespondFlags extends ConnectionFlags {
  readonly as: string;
  readonly note?: string;
  readonly data?: string;
  readonly json?: boolean;
}

export function respondCommand(terminal: Terminal): Command {
  const command = new Command('respond')
    .summary('answer something that waits on a person')
    .description('Answers an inbox item: a sign-off, a question of an agent, a human task. List them with: pact inbox')
    .argument('<id>', 'execution id')
    .argument('<item>', 'item id, as pact inbox shows it')
    .argument('<decision>', 'one of the answers that the item offers')
    .requiredOption('--as <name>', 'your name')
    .option('--note <text>', 'note for the ledger and for the agent')
    .option('--data <json>', 'data for the agent, as JSON')
    .option('--json', 'print JSON');
  return withConnection(command).action((id: string, itemId: string, decision: string, flags: RespondFlags) =>
    withClient(terminal, flags, async (client) => {
      const message: Respond = {
        by: flags.as,
        itemId,
        decision,
        ...(flags.note === undefined ? {} : { note: flags.note }),
        ...(flags.data === undefined ? {} : { data: parseJson(flags.data) }),
      };
      const accepted = await client.respond(id, message);
      printAccepted(terminal, accepted, flags, `Answered ${itemId} with "${decision}" as ${flags.as}.`);
    }),
  );
}

function parseJson(text: string): NonNullable<Respond['data']> | null {
  try {
    return z.json().parse(JSON.parse(text));
  } catch (error) {
    throw new CliError(EXIT.invalid, `--data: expected JSON, got ${text} (${messageOf(error)}).`);
  }
}
