import { toCommandFailure } from './cli-error.ts';
import { createProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

/** Carries out one command. Never throws: what goes wrong is a message on stderr and an exit code. */
export async function runCli(terminal: Terminal, version: string, words: readonly string[]): Promise<void> {
  try {
    const program = await createProgram(terminal, version, words);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    const { message, exitCode } = toCommandFailure(error);
    const stack = terminal.env['PACT_DEBUG'] === '1' && error instanceof Error ? [error.stack ?? ''] : [];
    if (message !== '') terminal.note(`${terminal.paint.red('error:')} ${message}`, ...stack);
    terminal.setExitCode(exitCode);
  }
}
