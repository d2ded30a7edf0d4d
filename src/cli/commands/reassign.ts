import { Command } from 'commander';
import { printAccepted } from '../accepted.ts';
import { withClient, withConnection, type ConnectionFlags } from '../connection-options.ts';
import type { Terminal } from '../terminal.ts';

interface ReassignFlags extends ConnectionFlags {
  readonly as: string;
  readonly reason?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function reassignCommand(terminal: Terminal): Command {
  const command = new Command('reassign')
    .summary('give a task to another agent')
    .description(
      'Gives a task to another agent of its sprint. An attempt at work is withdrawn; what it still delivers is refused.',
    )
    .argument('<id>', 'execution id')
    .argument('<task>', 'task id')
    .argument('<agent>', 'agent id')
    .requiredOption('--as <name>', 'your name')
    .option('--reason <text>', 'why, for the ledger')
    .option('--force', 'also to an agent that the plan would not have chosen')
    .option('--json', 'print JSON');
  return withConnection(command).action((id: string, taskId: string, agentId: string, flags: ReassignFlags) =>
    withClient(terminal, flags, async (client) => {
      const { as: by, reason = null, force = false } = flags;
      const accepted = await client.reassignTask(id, { by, taskId, agentId, reason, force });
      printAccepted(terminal, accepted, flags, `Gives ${taskId} to ${agentId} as ${by}.`);
    }),
  );
}
