#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { runCli } from './run-cli.ts';
import { createTerminal } from './terminal.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

for (const stream of [process.stdout, process.stderr]) {
  // The reader has gone (`pact … | head`): nobody is left to tell.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

await runCli(createTerminal(process), version, process.argv.slice(2));
