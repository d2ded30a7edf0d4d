import { basename, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { initFiles } from '../../domain/plan/init-files.ts';
import { writeNewFiles } from '../new-files.ts';
import type { Terminal } from '../terminal.ts';

interface InitFlags {
  readonly name?: string;
  readonly person?: string;
}

export function initCommand(terminal: Terminal): Command {
  return new Command('init')
    .summary('write a plan and a config that run')
    .description('Writes plan.yaml, pact.config.yaml and two small agents that run as they are. Never overwrites a file.')
    .argument('[dir]', 'folder, made if it is not there', '.')
    .option('--name <text>', 'name of the project (default: of the folder)')
    .option('--person <name>', 'who signs off (default: USER, else "owner")')
    .action((dir: string, flags: InitFlags) => {
      const folder = resolve(terminal.cwd, dir);
      const projectName = flags.name ?? (basename(folder) || 'project');
      const files = initFiles({ projectName, person: flags.person ?? toId(terminal.env['USER']) ?? 'owner' });
      writeNewFiles(folder, files, 'pact init DIR');
      const into = relative(terminal.cwd, folder);
      terminal.print(
        `Wrote ${files.map(({ path }) => path).join(', ')}${into === '' ? '' : ` into ${into}`}.`,
        'Next:',
        ...(into === '' ? [] : [`  cd ${into}`]),
        '  pact show plan.yaml',
        '  pact run plan.yaml',
      );
    });
}

/** Names of people are ids in a config. */
const toId = (name: string | undefined): string | null =>
  name !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name) ? name : null;
