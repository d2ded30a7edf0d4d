import { Command } from 'commander';
import { authorizeCommand } from './commands/authorize.ts';
import { pauseCommand, resumeCommand, stopCommand } from './commands/control.ts';
import { doctorCommand } from './commands/doctor.ts';
import { inboxCommand } from './commands/inbox.ts';
import { initCommand } from './commands/init.ts';
import { rejectCommand } from './commands/reject.ts';
import { reportCommand } from './commands/report.ts';
import { respondCommand } from './commands/respond.ts';
import { runCommand } from './commands/run.ts';
import { sampleCommand } from './commands/sample.ts';
import { showCommand } from './commands/show.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { validateCommand } from './commands/validate.ts';
import { watchCommand } from './commands/watch.ts';
import { workerCommand } from './commands/worker.ts';
import { EXIT_CODE_HELP } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

const COMMANDS = [
  initCommand,
  validateCommand,
  showCommand,
  upCommand,
  workerCommand,
  runCommand,
  startCommand,
  authorizeCommand,
  rejectCommand,
  statusCommand,
  watchCommand,
  inboxCommand,
  respondCommand,
  pauseCommand,
  resumeCommand,
  stopCommand,
  reportCommand,
  doctorCommand,
  sampleCommand,
];

/** The command `pact` with everything it can do. Errors are thrown, not exited on. */
export function createProgram(terminal: Terminal, version: string): Command {
  const program = new Command('pact')
    .description('Durable coordination of many agents at work, on Temporal: plans are authorized, carried out and reported.')
    .version(version, '-V, --version')
    .addHelpText('after', EXIT_CODE_HELP)
    .showSuggestionAfterError();
  for (const create of COMMANDS) program.addCommand(create(terminal));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showHelpAfterError(`(see: pact ${command === program ? '' : `${command.name()} `}--help)`);
  }
  return program;
}
