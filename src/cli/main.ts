#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { toCommandFailure } from './cli-error.ts';
import { createProgram } from './program.ts';
import { createTerminal } from './terminal.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

for (const stream of [process.stdout, process.stderr]) {
  // The reader has gone (`pact … | head`): nobody is left to tell.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

const terminal = createTerminal(process);
try {
  const words = process.argv.slice(2);
  const program = await createProgram(terminal, version, words);
  await program.parseAsync(words, { from: 'user' });
} catch (error) {
  const { message, exitCode } = toCommandFailure(error);
  const stack = terminal.env['PACT_DEBUG'] === '1' && error instanceof Error ? [error.stack ?? ''] : [];
  if (message !== '') terminal.note(`${terminal.paint.red('error:')} ${message}`, ...stack);
  terminal.setExitCode(exitCode);
}
