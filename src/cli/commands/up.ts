import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { environmentWith, targetFor, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { openEngine } from '../engine.ts';
import type { Engine } from '../engine.ts';
import { listenForInterrupt, untilAborted } from '../interrupt.ts';
import { openLog } from '../log.ts';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-code.ts';
import { requireConfig } from '../plan-input.ts';
import type { Terminal } from '../terminal.ts';

interface UpFlags extends ConnectionFlags {
  readonly config?: string;
  readonly port?: number;
  readonly uiPort?: number;
  readonly httpPort?: number;
}

export function upCommand(terminal: Terminal): Command {
  const command = new Command('up')
    .summary('run a server and a worker until Ctrl-C')
    .description(
      'Finds or starts a Temporal server, runs a worker with the config, and says where everything is. Ctrl-C ends both in order.',
    )
    .option('--config <path>', 'config (default: pact.config.yaml in this folder)')
    .option('--port <port>', 'port of the server', toPort)
    .option('--ui-port <port>', 'port of the Temporal UI', toPort)
    .option('--http-port <port>', 'port of the HTTP API', toPort);
  return withConnection(command).action(async (flags: UpFlags) => {
    const config = requireConfig(flags.config, [terminal.cwd]);
    const interrupt = listenForInterrupt(process);
    try {
      const engine = await openEngine({
        terminal,
        flags,
        baseDir: config.baseDir,
        config: () => config,
        worker: 'always',
        taskQueue: config.taskQueues.workflows,
        ports: portsOf(flags),
        log: await openLog(terminal),
        signal: interrupt.signal,
      });
      announce(terminal, engine, flags);
      const reason = await Promise.race([untilAborted(interrupt.signal), engine.failed]);
      terminal.note(reason === undefined ? 'Ending in order; Ctrl-C again quits at once.' : reason);
      await engine.close();
      if (reason !== undefined) throw new CliError(EXIT.noServer, 'Executions are kept. Start again with: pact up');
    } finally {
      interrupt.release();
    }
  });
}

function announce(terminal: Terminal, { server }: Engine, flags: UpFlags): void {
  const { isDefault } = targetFor({ ...terminal, env: environmentWith(terminal.env, {}) }, server, '');
  const at = isDefault
    ? ''
    : ` --address ${server.address}${server.namespace === 'default' ? '' : ` --namespace ${server.namespace}`}`;
  const config = flags.config === undefined ? '' : ` --config ${resolve(terminal.cwd, flags.config)}`;
  const { bold } = terminal.paint;
  terminal.print(
    '',
    `Server     ${bold(server.address)}, namespace ${server.namespace}${server.started ? '' : ' (not started by this process)'}`,
    ...(server.uiUrl === null ? [] : [`UI         ${bold(server.uiUrl)}`]),
    ...(server.httpUrl === null ? [] : [`HTTP API   ${server.httpUrl}`]),
    'Worker     in this process',
    '',
    'In another terminal:',
    `  pact run plan.yaml${config}${at}`,
    `  pact status${at}`,
    `  pact inbox${at}`,
    '',
    'Ctrl-C ends them; executions are kept.',
  );
}

const portsOf = ({ port, uiPort, httpPort }: UpFlags) => ({
  ...(port === undefined ? {} : { port }),
  ...(uiPort === undefined ? {} : { uiPort }),
  ...(httpPort === undefined ? {} : { httpPort }),
});

function toPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a port from 0 (any free one) to 65535.');
}
