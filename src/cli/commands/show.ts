import { Command } from 'commander';
import { toRosterFacts } from '../../domain/config/agent-profile.ts';
import { showPlan, toPlanView } from '../../domain/plan/plan-show.ts';
import { foldersFor, readPlan, requireConfig } from '../plan-input.ts';
import { toPlainText } from '../render/plain-text.ts';
import type { Terminal } from '../terminal.ts';

interface ShowFlags {
  readonly config?: string;
  readonly json?: boolean;
}

export function showCommand(terminal: Terminal): Command {
  return new Command('show')
    .summary('print the graph, critical path, estimate, and who would do what and why')
    .description(
      'Prints what a plan would do: its graph, critical path and estimate, and who would do what and why. Starts nothing.',
    )
    .argument('<plan>', 'plan, YAML or JSON')
    .option('--config <path>', 'config (default: pact.config.yaml beside the plan or in this folder)')
    .option('--json', 'print JSON')
    .action((path: string, flags: ShowFlags) => {
      const config = requireConfig(flags.config, foldersFor(path, terminal.cwd));
      const { plan } = readPlan(path, config);
      const { agents } = toRosterFacts(config);
      if (flags.json === true) return terminal.printJson(toPlanView(plan, agents));
      terminal.print(toPlainText(showPlan(plan, agents)).trimEnd());
    });
}
