import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { initFiles } from '../../domain/plan/init-files.ts';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-code.ts';
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
      const existing = files.filter(({ path }) => existsSync(join(folder, path))).map(({ path }) => path);
      if (existing.length > 0) {
        throw new CliError(
          EXIT.invalid,
          `${folder} has ${existing.join(', ')} already: nothing was written. Name another folder (pact init DIR), or move them away.`,
        );
      }
      for (const { path, content } of files) write(join(folder, path), content);
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

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  // `wx`: a file that has appeared since is not overwritten either.
  writeFileSync(path, content, { flag: 'wx', mode: content.startsWith('#!') ? 0o755 : 0o644 });
}
