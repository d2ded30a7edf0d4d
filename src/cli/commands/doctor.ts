import { Command } from 'commander';
import type { Config } from '../../domain/config/config.ts';
import { withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { checkConfig, checkReadinessOf, checkRuntime, checkServer } from '../doctor.ts';
import { EXIT } from '../exit-code.ts';
import { checkLines } from '../render/check-lines.ts';
import type { HealthCheck } from '../render/check-lines.ts';
import { toPlainData } from '../render/plain-text.ts';
import type { Terminal } from '../terminal.ts';

interface DoctorFlags extends ConnectionFlags {
  readonly config?: string;
  readonly json?: boolean;
}

export function doctorCommand(terminal: Terminal): Command {
  const command = new Command('doctor')
    .summary('tell what is well and what is not, and what to do')
    .description('Looks at Node, the server and its search attributes, the worker, the config and its agents. Starts no server.')
    .option('--config <path>', 'config (default: pact.config.yaml in this folder)')
    .option('--json', 'print JSON');
  return withConnection(command).action(async (flags: DoctorFlags) => {
    const { check: configCheck, config } = checkConfig(terminal, flags.config);
    const checks: readonly HealthCheck[] = toPlainData([
      checkRuntime(process.versions.node),
      ...(await checkServer(terminal, flags, taskQueueOf(config))),
      configCheck,
      ...(config === null ? [] : await checkReadinessOf(config, terminal)),
    ]);
    if (flags.json === true) terminal.printJson(checks);
    else terminal.print(...checkLines(checks, terminal.paint));
    terminal.setExitCode(checks.every((check) => check.ok === true) ? EXIT.ok : EXIT.notCompleted);
  });
}

const taskQueueOf = (config: Config | null): string => config?.taskQueues.workflows ?? 'pact';
