import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';

export interface CliAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `temporal` command as its makers ship it, with nothing of ours: no plugin, no data converter, no environment. */
export interface StockCli {
  /** Runs `temporal workflow …`; never throws for an exit code. */
  run(...args: readonly string[]): Promise<CliAnswer>;
  /** As `run` with `-o json`; throws with the output unless it exits 0. */
  json(...args: readonly string[]): Promise<unknown>;
  start(input: { type: string; id: string; taskQueue: string; input: unknown; folder: string }): Promise<void>;
  query(id: string, type: string, input?: unknown): Promise<unknown>;
  signal(id: string, name: string, input: unknown): Promise<void>;
  update(id: string, name: string, input: unknown): Promise<CliAnswer>;
}

export function openStockCli(): StockCli | null {
  const binary = inject('temporalCli');
  if (binary === null) return null;
  const server = ['--address', inject('temporalAddress'), '--namespace', inject('temporalNamespace')];
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };
  const run: StockCli['run'] = (...args) =>
    new Promise((resolve) => {
      execFile(
        binary,
        ['workflow', ...args, ...server],
        { env, timeout: 60_000, maxBuffer: 32 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
          resolve({ code, stdout, stderr });
        },
      );
    });
  const must = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    if (code !== 0) throw new Error(`temporal workflow ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  };
  const json: StockCli['json'] = async (...args) => JSON.parse(await must(...args, '-o', 'json')) as unknown;
  return {
    run,
    json,
    async start({ type, id, taskQueue, input, folder }) {
      const file = join(folder, `${id.replaceAll('/', '_')}.input.json`);
      await writeFile(file, JSON.stringify(input));
      await must('start', '--type', type, '--workflow-id', id, '--task-queue', taskQueue, '--input-file', file);
    },
    async query(id, type, input) {
      const answer = (await json(
        'query',
        '--workflow-id',
        id,
        '--type',
        type,
        ...(input === undefined ? [] : ['--input', JSON.stringify(input)]),
      )) as {
        queryResult: unknown[];
      };
      return answer.queryResult[0];
    },
    async signal(id, name, input) {
      await must('signal', '--workflow-id', id, '--name', name, '--input', JSON.stringify(input));
    },
    update: (id, name, input) =>
      run('update', 'execute', '--workflow-id', id, '--name', name, '--input', JSON.stringify(input), '-o', 'json'),
  };
}
