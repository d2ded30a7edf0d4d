import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { toPlainText } from '../render/plain-text.ts';
import { reportFiles } from '../report-files.ts';
import type { Terminal } from '../terminal.ts';

interface ReportFlags extends ConnectionFlags {
  readonly json?: boolean;
  readonly path?: boolean;
}

export function reportCommand(terminal: Terminal): Command {
  const command = new Command('report')
    .summary('print the report of an execution')
    .description('Prints the report: what was planned and done, by whom, deliverables with hashes, decisions, authorizations.')
    .argument('<id>', 'execution id')
    .option('--path', 'print only the path of the report')
    .option('--json', 'print the report as JSON');
  return withConnection(command).action((id: string, flags: ReportFlags) =>
    withClient(terminal, flags, async (client) => {
      const report = await client.report(id);
      if (report === null) throw new CliError(EXIT.notCompleted, `${id} has no report yet: it is written at the end. See: pact status ${id}`);
      const files = reportFiles(report.uri);
      const path = flags.json === true ? files?.json : files?.markdown;
      if (path === undefined || !existsSync(path)) {
        throw new CliError(EXIT.notCompleted, `The report is not on this machine: ${toPlainText(report.uri)} (SHA-256 ${report.sha256}).`);
      }
      if (flags.path === true) return terminal.print(path);
      const text = readFileSync(path, 'utf8');
      terminal.stdout.write(flags.json === true ? text : toPlainText(text));
    }),
  );
}
