import { Command } from 'commander';
import { connectClient } from '../../client/pact-client.ts';
import { CliError } from '../cli-error.ts';
import { checkedConnection, findFolderServer, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { listenForInterrupt, untilAborted } from '../interrupt.ts';
import { openLog } from '../log.ts';
import { requireConfig } from '../plan-input.ts';
import type { Terminal } from '../terminal.ts';

interface WorkerFlags extends ConnectionFlags {
  readonly config?: string;
}

export function workerCommand(terminal: Terminal): Command {
  const command = new Command('worker')
    .summary('run a worker alone, on a server that is there')
    .description('Runs a worker with the config until Ctrl-C. It starts no server: see pact up.')
    .option('--config <path>', 'config (default: pact.config.yaml in this folder)');
  return withConnection(command).action(async (flags: WorkerFlags) => {
    const config = requireConfig(flags.config, [terminal.cwd]);
    const log = await openLog(terminal);
    const fallbackAddress = (findFolderServer(config.baseDir) ?? findFolderServer(terminal.cwd))?.address;
    const { connectionOptions, namespace } = checkedConnection({ ...flags, env: terminal.env, fallbackAddress });
    // A server that does not answer is said at once and clearly, not by the worker's retries.
    await (await connectClient({ ...flags, env: terminal.env, fallbackAddress })).close();
    const { startWorker } = await import('../../worker.ts');
    const interrupt = listenForInterrupt(process);
    try {
      const say = (line: string): void => terminal.note(terminal.paint.dim(line));
      const worker = await startWorker({ config, connectionOptions, namespace, say, log });
      const { workflows } = config.taskQueues;
      terminal.print(
        `Worker on ${connectionOptions.address}, namespace ${namespace}, task queue "${workflows}". Ctrl-C ends it in order.`,
      );
      const ended = worker.done.then(
        () => 'The worker ended.',
        (error: unknown) => `The worker ended: ${String(error)}`,
      );
      const reason = await Promise.race([untilAborted(interrupt.signal), ended]);
      if (reason !== undefined) throw new CliError(EXIT.noServer, reason);
      terminal.note('Ending in order; Ctrl-C again quits at once.');
      await worker.shutdown();
    } finally {
      interrupt.release();
      log.flush();
    }
  });
}
