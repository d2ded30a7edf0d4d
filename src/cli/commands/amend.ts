import { Command } from 'commander';
import { describeBudget } from '../../domain/budget.ts';
import type { AmendmentEffect } from '../../domain/execution/amendments/revision.ts';
import { readChanges } from '../changes-input.ts';
import { withClient, withConnection, type ConnectionFlags } from '../connection-options.ts';
import { toPlainText } from '../render/plain-text.ts';
import type { Terminal } from '../terminal.ts';

interface AmendFlags extends ConnectionFlags {
  readonly as: string;
  readonly dryRun?: boolean;
  readonly reason?: string;
  readonly json?: boolean;
}

export function amendCommand(terminal: Terminal): Command {
  const command = new Command('amend')
    .summary('change the plan while it is carried out')
    .description(
      'Changes the plan of an execution: all of the changes, or none when one does not fit. Past the thresholds of the config the amended ' +
        'plan waits for an authorization of its own.',
    )
    .argument('<id>', 'execution id')
    .argument('<changes>', 'file with "changes: [...]", YAML or JSON')
    .requiredOption('--as <name>', 'your name')
    .option('--dry-run', 'show what would be, and change nothing')
    .option('--reason <text>', 'why, for the ledger')
    .option('--json', 'print JSON');
  return withConnection(command).action((id: string, path: string, flags: AmendFlags) => {
    const changes = readChanges(path, terminal.cwd);
    return withClient(terminal, flags, async (client) => {
      const { as: by, dryRun = false, reason = null } = flags;
      const answer = await client.amendPlan(id, { by, changes: [...changes], dryRun, reason });
      if (flags.json === true) return terminal.printJson(answer);
      const { diff, effect, readiness = [], authorization, note } = answer;
      const left = diff.total - diff.lines.length;
      terminal.print(
        `${dryRun ? 'Dry run, ' : ''}${note ?? ''}`,
        ...diff.lines.map((line) => `  ${toPlainText(line)}`),
        ...(left > 0 ? [`  and ${left} more`] : []),
        `Forecast: ${effect.forecastBefore ?? 'unknown'} → ${effect.forecastAfter ?? 'unknown'}`,
        ...describeBudgets(effect),
        ...readiness.map(({ name, detail }) => `Tested: ${toPlainText(name)}: ${toPlainText(detail)}`),
        ...authorization.why.map((why) => `To be authorized: ${toPlainText(why)}`),
        ...(authorization.voided && !dryRun ? [`Approve it with: pact authorize ${id} --hash ${authorization.planHash}`] : []),
      );
    });
  });
}

/** What the plan may use by its budgets, where that changes. */
function describeBudgets({ budgetBefore, budgetAfter }: AmendmentEffect): string[] {
  const [before, after] = [describeBudget(budgetBefore ?? {}), describeBudget(budgetAfter ?? {})];
  return before === after ? [] : [`Budgets: ${before || 'unlimited'} → ${after || 'unlimited'}`];
}
