import { Command } from 'commander';
import { withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { foldersFor, readConfig, readPlan, requireConfig } from '../plan-input.ts';
import { runPlan } from '../run-plan.ts';
import type { Terminal } from '../terminal.ts';
import { DEFAULT_TASK_QUEUE } from '../../client/start.ts';

export interface RunFlags extends ConnectionFlags {
  readonly config?: string;
  readonly id?: string;
  readonly approveAs?: string;
  readonly json?: boolean;
}

export function runCommand(terminal: Terminal): Command {
  const command = new Command('run')
    .summary('start a plan, authorize it and follow it to its report')
    .description(
      'Starts a plan, shows what is to be authorized, asks, shows live progress and ends with the report. Server and worker are ' +
        'found, or started within this process. Without a terminal it prints the commands that decide, and waits. Exit code 0 ' +
        'only if the plan completed. Ctrl-C leaves the execution as it is and says how to come back; twice quits at once.',
    )
    .argument('<plan>', 'plan, YAML or JSON')
    .option('--config <path>', 'config (default: pact.config.yaml beside the plan or in this folder)')
    .option('--id <id>', 'execution id (default: pact-<project>-<time>)')
    .option('--approve-as <name>', 'authorize and sign off in this name without being asked')
    .option('--json', 'print one JSON event a line; the last is {"type":"end",…}');
  return withConnection(command).action((path: string, flags: RunFlags) => {
    const folders = foldersFor(path, terminal.cwd);
    const config = readConfig(flags.config, folders);
    return runPlan({
      terminal,
      flags,
      plan: readPlan(path, config),
      config: () => config ?? requireConfig(flags.config, folders),
      taskQueue: config?.taskQueues.workflows ?? DEFAULT_TASK_QUEUE,
      baseDir: config?.baseDir ?? terminal.cwd,
      worker: 'whenNone',
    });
  });
}
