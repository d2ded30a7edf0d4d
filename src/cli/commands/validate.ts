import { Command } from 'commander';
import { EXIT } from '../exit-code.ts';
import { foldersFor, ProblemsError, readConfig, readPlan } from '../plan-input.ts';
import type { Terminal } from '../terminal.ts';

interface ValidateFlags {
  readonly config?: string;
  readonly json?: boolean;
}

export function validateCommand(terminal: Terminal): Command {
  return new Command('validate')
    .summary('check a plan and name every mistake')
    .description('Checks a plan, against the roster of the config where there is one, and names every mistake with its place.')
    .argument('<plan>', 'plan, YAML or JSON')
    .option('--config <path>', 'config (default: pact.config.yaml beside the plan or in this folder)')
    .option('--json', 'print JSON: {ok, problems}')
    .action((path: string, flags: ValidateFlags) => {
      try {
        const config = readConfig(flags.config, foldersFor(path, terminal.cwd));
        const { plan } = readPlan(path, config);
        if (flags.json === true) return terminal.printJson({ ok: true, problems: [] });
        const tasks = plan.sprints.reduce((sum, sprint) => sum + sprint.tasks.length, 0);
        const against =
          config === null ? 'no config found: agents and checks were not looked up' : `against the config in ${config.baseDir}`;
        terminal.print(`${path} is valid: ${plan.sprints.length} sprints, ${tasks} tasks (${against}).`);
      } catch (error) {
        if (!(error instanceof ProblemsError) || flags.json !== true) throw error;
        terminal.printJson({ ok: false, problems: error.problems });
        terminal.setExitCode(EXIT.invalid);
      }
    });
}
