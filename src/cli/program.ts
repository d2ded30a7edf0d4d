import { Command } from 'commander';
import { EXIT_CODE_HELP } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** In the order of the help. Only what is asked for is loaded: a client of Temporal takes longer to load than to answer. */
const COMMANDS: Readonly<Record<string, () => Promise<(terminal: Terminal) => Command>>> = {
  init: async () => (await import('./commands/init.ts')).initCommand,
  validate: async () => (await import('./commands/validate.ts')).validateCommand,
  show: async () => (await import('./commands/show.ts')).showCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  up: async () => (await import('./commands/up.ts')).upCommand,
  worker: async () => (await import('./commands/worker.ts')).workerCommand,
  run: async () => (await import('./commands/run.ts')).runCommand,
  start: async () => (await import('./commands/start.ts')).startCommand,
  authorize: async () => (await import('./commands/authorize.ts')).authorizeCommand,
  reject: async () => (await import('./commands/reject.ts')).rejectCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  watch: async () => (await import('./commands/watch.ts')).watchCommand,
  inbox: async () => (await import('./commands/inbox.ts')).inboxCommand,
  respond: async () => (await import('./commands/respond.ts')).respondCommand,
  pause: async () => (await import('./commands/control.ts')).pauseCommand,
  resume: async () => (await import('./commands/control.ts')).resumeCommand,
  stop: async () => (await import('./commands/control.ts')).stopCommand,
  rollback: async () => (await import('./commands/rollback.ts')).rollbackCommand,
  amend: async () => (await import('./commands/amend.ts')).amendCommand,
  reassign: async () => (await import('./commands/reassign.ts')).reassignCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  prune: async () => (await import('./commands/prune.ts')).pruneCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  sample: async () => (await import('./commands/sample.ts')).sampleCommand,
};

/**
 * The command `pact`, with the subcommand that `words` begin with, or with all of them for the help and for what is misspelt.
 * Errors are thrown, not exited on.
 */
export async function createProgram(terminal: Terminal, version: string, words: readonly string[]): Promise<Command> {
  const program = new Command('pact')
    .description('Durable coordination of many agents at work, on Temporal: plans are authorized, carried out and reported.')
    .version(version, '-V, --version')
    .addHelpText('after', EXIT_CODE_HELP)
    .showSuggestionAfterError();
  const [first = ''] = words;
  const asked = Object.hasOwn(COMMANDS, first) || first === '--version' || first === '-V' ? [first] : Object.keys(COMMANDS);
  for (const name of asked) {
    const command = (await COMMANDS[name]?.())?.(terminal);
    if (command !== undefined) program.addCommand(command);
  }
  const output = {
    writeOut: (text: string) => void terminal.stdout.write(text),
    writeErr: (text: string) => void terminal.stderr.write(text),
  };
  for (const command of [program, ...program.commands]) {
    command
      .configureOutput(output)
      .exitOverride()
      .showHelpAfterError(`(see: pact ${command === program ? '' : `${command.name()} `}--help)`);
  }
  return program;
}
