import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../src/cli/run-cli.ts';
import { createTerminal, type Surroundings } from '../../src/cli/terminal.ts';
import type { PactOptions, PactResult } from './pact-process.ts';

/** The command within this process, without a terminal: for the many words of which one process shows that it hands them on. */
export async function callPact(args: readonly string[], { cwd, env = {} }: PactOptions): Promise<PactResult> {
  const [stdin, stdout, stderr] = [new PassThrough().end(), new PassThrough(), new PassThrough()];
  const around = { stdin, stdout, stderr, env, cwd: () => cwd, exitCode: 0 };
  const read = Promise.all([text(stdout), text(stderr)]);
  await runCli(createTerminal(around as unknown as Surroundings), '0.0.0', args);
  stdout.end();
  stderr.end();
  const [out, err] = await read;
  return { code: around.exitCode, stdout: out, stderr: err };
}
