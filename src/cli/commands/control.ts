import { Command, Option } from 'commander';
import type { EmergencyStop } from '../../domain/messages.ts';
import { printAccepted } from '../accepted.ts';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { toPlainText } from '../render/plain-text.ts';
import type { Terminal } from '../terminal.ts';

interface ControlFlags extends ConnectionFlags {
  readonly as: string;
  readonly reason?: string;
  readonly json?: boolean;
}

const controlCommand = (name: string): Command =>
  withConnection(
    new Command(name)
      .argument('<id>', 'execution id')
      .requiredOption('--as <name>', 'your name')
      .addOption(new Option('--reason <text>', 'why, for the ledger'))
      .option('--json', 'print JSON'),
  );

export function pauseCommand(terminal: Terminal): Command {
  return controlCommand('pause')
    .summary('start nothing new; what runs goes on')
    .description('Pauses an execution: attempts that run go on to their end, nothing new is started until it is resumed.')
    .action((id: string, flags: ControlFlags) =>
      withClient(terminal, flags, async (client) => {
        const accepted = await client.pause(id, { by: flags.as, reason: flags.reason ?? null });
        printAccepted(terminal, accepted, flags, `Paused ${id} as ${flags.as}.`);
      }),
    );
}

export function resumeCommand(terminal: Terminal): Command {
  return controlCommand('resume')
    .summary('go on after a pause or a stop')
    .description('Goes on after a pause or a stop. What is done stays done; attempts that the stop ended are made again.')
    .action((id: string, flags: ControlFlags) =>
      withClient(terminal, flags, async (client) => {
        const accepted = await client.resume(id, { by: flags.as, reason: flags.reason ?? null });
        printAccepted(terminal, accepted, flags, `Resumed ${id} as ${flags.as}.`);
      }),
    );
}

export function stopCommand(terminal: Terminal): Command {
  return controlCommand('stop')
    .summary('emergency stop: end every agent at once')
    .description(
      'Emergency stop: every process of every agent is ended, and nothing new is started. The execution stays: it can be resumed. ' +
        'With --drain running attempts may come to their end first. Where no worker runs, the stop is left for the next one to find.',
    )
    .option('--drain', 'let running attempts come to their end')
    .action((id: string, flags: ControlFlags & { readonly drain?: boolean }) =>
      withClient(terminal, flags, async (client) => {
        const mode: EmergencyStop['mode'] = flags.drain === true ? 'drain' : 'halt';
        const delivery = await client.stop(id, { by: flags.as, reason: flags.reason ?? 'no reason given', mode });
        if (delivery.delivered === 'update') return printAccepted(terminal, delivery, flags, `Stopped ${id} as ${flags.as}.`);
        if (flags.json === true) return terminal.printJson(delivery);
        terminal.print(
          `Left the stop of ${id} on the server: the next worker finds it before anything else.`,
          toPlainText(delivery.why),
        );
      }),
    );
}
