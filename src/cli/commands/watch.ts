import { Command } from 'commander';
import type { PactClient } from '../../client/pact-client.ts';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { announceEnd } from '../end.ts';
import { EXIT } from '../exit-code.ts';
import { followExecution } from '../follow.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { chooseMode, createProgressView } from '../progress-view.ts';
import { comeBackCommands } from '../render/next-commands.ts';
import type { CommandTarget } from '../render/next-commands.ts';
import type { Terminal } from '../terminal.ts';

interface WatchFlags extends ConnectionFlags {
  readonly json?: boolean;
}

export function watchCommand(terminal: Terminal): Command {
  const command = new Command('watch')
    .summary('follow an execution until it ends')
    .description(
      'Follows an execution until it ends: a live table in a terminal, else a line per event. Ctrl-C leaves it running.',
    )
    .argument('<id>', 'execution id')
    .option('--json', 'print one JSON event a line; the last is {"type":"end",…}');
  return withConnection(command).action((id: string, flags: WatchFlags) =>
    withClient(terminal, flags, (client, targetOf) => watch(terminal, client, targetOf(id), flags.json === true)),
  );
}

async function watch(terminal: Terminal, client: PactClient, target: CommandTarget, json: boolean): Promise<void> {
  const { executionId } = target;
  // A look before the view opens: an unknown id is an error, not an empty screen.
  await client.describe(executionId);
  const interrupt = listenForInterrupt(process);
  const say = (line: string): void => terminal.note(line);
  try {
    const view = await createProgressView(terminal, chooseMode(terminal, json));
    const { signal, trigger } = interrupt;
    const outcome = await followExecution({ client, executionId, view, desk: null, say, signal, onInterrupt: trigger });
    if (outcome === null) {
      terminal.note('', `${executionId} goes on without this terminal. Come back with:`, ...comeBackCommands(target));
      terminal.setExitCode(EXIT.interrupted);
    } else announceEnd(terminal, outcome, json);
  } finally {
    interrupt.release();
  }
}
