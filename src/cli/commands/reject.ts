import { Command } from 'commander';
import { printAccepted } from '../accepted.ts';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import type { Terminal } from '../terminal.ts';

interface RejectFlags extends ConnectionFlags {
  readonly as: string;
  readonly reason: string;
  readonly json?: boolean;
}

export function rejectCommand(terminal: Terminal): Command {
  const command = new Command('reject')
    .summary('reject a plan, which ends its execution')
    .description('Rejects a plan that awaits authorization. The execution ends as rejected; nothing of it was started.')
    .argument('<id>', 'execution id')
    .requiredOption('--as <name>', 'your name')
    .requiredOption('--reason <text>', 'why')
    .option('--json', 'print JSON');
  return withConnection(command).action((id: string, flags: RejectFlags) =>
    withClient(terminal, flags, async (client) => {
      const { planHash } = await client.authorization(id);
      const hash = planHash === null ? {} : { planHash };
      const accepted = await client.reject(id, { by: flags.as, note: flags.reason, ...hash });
      printAccepted(terminal, accepted, flags, `Rejected ${id} as ${flags.as}.`);
    }),
  );
}
