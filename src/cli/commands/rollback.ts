import { Command, Option } from 'commander';
import type { Rollback } from '../../domain/messages.ts';
import { ROLLBACK_POLICIES, type RollbackPolicy } from '../../domain/rollback/undo-step.ts';
import { printAccepted } from '../accepted.ts';
import { CliError } from '../cli-error.ts';
import { withClient, withConnection, type ConnectionFlags } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

interface RollbackFlags extends ConnectionFlags {
  readonly as: string;
  readonly to: string;
  readonly policy: RollbackPolicy;
  readonly reason?: string;
  readonly json?: boolean;
}

export function rollbackCommand(terminal: Terminal): Command {
  const command = new Command('rollback')
    .summary('undo what has been done, back to a checkpoint, a sprint or the start')
    .description(
      'Undoes what has been done, newest first: attempts at work are ended, compensations are run, deliverables are set aside. A step that ' +
        'fails waits in the inbox. What is undone is then done again, or abandoned.',
    )
    .argument('<id>', 'execution id')
    .requiredOption('--as <name>', 'your name')
    .requiredOption('--to <target>', '"start", "checkpoint:ID" or "sprint:ID"')
    .addOption(new Option('--policy <policy>', 'what becomes of it').choices([...ROLLBACK_POLICIES]).default('reopen'))
    .option('--reason <text>', 'why, for the ledger and for the agents')
    .option('--json', 'print JSON');
  return withConnection(command).action((id: string, flags: RollbackFlags) => {
    const to = toTarget(flags.to);
    return withClient(terminal, flags, async (client) => {
      const accepted = await client.rollback(id, { by: flags.as, to, policy: flags.policy, reason: flags.reason ?? null });
      printAccepted(terminal, accepted, flags, `Rolls ${id} back to ${flags.to} as ${flags.as}.`);
    });
  });
}

function toTarget(text: string): Rollback['to'] {
  if (text === 'start') return 'start';
  const [, kind, id] = /^(checkpoint|sprint):(.+)$/.exec(text) ?? [];
  if (kind === undefined || id === undefined)
    throw new CliError(EXIT.invalid, `--to: expected start, checkpoint:ID or sprint:ID, got "${text}".`);
  return kind === 'checkpoint' ? { checkpoint: id } : { sprint: id };
}
