import { Command } from 'commander';
import { DEFAULT_TASK_QUEUE } from '../../client/start.ts';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { foldersFor, readConfig, readPlan, requireConfig } from '../plan-input.ts';
import { toStart } from '../plan-start.ts';
import { pactCommand } from '../render/next-commands.ts';
import type { Terminal } from '../terminal.ts';

interface StartFlags extends ConnectionFlags {
  readonly config?: string;
  readonly id?: string;
  readonly taskQueue?: string;
  readonly json?: boolean;
}

export function startCommand(terminal: Terminal): Command {
  const command = new Command('start')
    .summary('start a plan on a server and leave it there')
    .description(
      'Starts a plan and returns. Nothing of it runs before it is authorized. It needs a server, and a worker sooner or later.',
    )
    .argument('<plan>', 'plan, YAML or JSON')
    .option('--config <path>', 'config to check the plan against (default: pact.config.yaml beside the plan or in this folder)')
    .option('--id <id>', 'execution id (default: pact-<project>-<time>)')
    .option('--task-queue <name>', 'task queue of the workers (default: of the config, else "pact")')
    .option('--json', 'print JSON');
  return withConnection(command).action((path: string, flags: StartFlags) => {
    const folders = foldersFor(path, terminal.cwd);
    const config = readConfig(flags.config, folders);
    const plan = readPlan(path, config);
    const taskQueue = flags.taskQueue ?? config?.taskQueues.workflows ?? DEFAULT_TASK_QUEUE;
    return withClient(terminal, flags, async (client, targetOf) => {
      const request = await toStart(
        plan,
        () => config ?? requireConfig(flags.config, folders),
        (line) => terminal.note(line),
      );
      const started = await client.start({ ...request, executionId: flags.id, taskQueue });
      const workers = (await client.workers(taskQueue)).length;
      if (flags.json === true) return terminal.printJson({ ...started, taskQueue, workers });
      const target = targetOf(started.executionId);
      terminal.print(
        `Started ${terminal.paint.bold(started.executionId)}.`,
        ...(workers > 0
          ? []
          : [terminal.paint.yellow(`No worker polls the task queue "${taskQueue}": it waits for one (pact worker).`)]),
        'Next:',
        `  ${pactCommand(target, 'authorize', '--as', 'NAME')}`,
        `  ${pactCommand(target, 'watch')}`,
      );
    });
  });
}
