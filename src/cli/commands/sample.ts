import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { withConnection } from '../connection-options.ts';
import type { Config } from '../../domain/config/config.ts';
import { readPlan, requireConfig } from '../plan-input.ts';
import { findDeliverable } from '../report-files.ts';
import { runPlan } from '../run-plan.ts';
import type { Terminal } from '../terminal.ts';
import type { RunFlags } from './run.ts';

/** From `dist/cli/commands` and from `src/cli/commands` alike. */
const SAMPLE_DIR = fileURLToPath(new URL('../../../examples/release-train', import.meta.url));

export function sampleCommand(terminal: Terminal): Command {
  const command = new Command('sample')
    .summary('run the sample: a small library taken through a release')
    .description(
      'Runs examples/release-train with server and worker of its own; everything it writes lies in .pact/ of this folder.',
    )
    .option('--id <id>', 'execution id (default: pact-<project>-<time>)')
    .option('--approve-as <name>', 'authorize and sign off in this name without being asked')
    .option('--json', 'print one JSON event a line; the last is {"type":"end",…}');
  return withConnection(command).action((flags: RunFlags) => {
    const config = inFolder(requireConfig(join(SAMPLE_DIR, 'pact.config.yaml'), []), terminal.cwd);
    return runPlan({
      terminal,
      flags,
      plan: readPlan(join(SAMPLE_DIR, 'plan.yaml'), config),
      config: () => config,
      taskQueue: config.taskQueues.workflows,
      baseDir: terminal.cwd,
      worker: 'whenNone',
      goesOnWith: 'npm start, or pact sample',
      onCompleted: ({ report }) => {
        const made = findDeliverable(report, '.tgz');
        const say = flags.json === true ? terminal.note : terminal.print;
        if (made !== null) say(`Package: ${terminal.paint.bold(made)}`);
      },
    });
  });
}

/** The config with its artifacts under another folder: the sample may lie where nobody can write. */
const inFolder = (config: Config, folder: string): Config => ({
  ...config,
  baseDir: resolve(folder),
  artifacts: { dir: resolve(folder, '.pact', 'artifacts') },
});
