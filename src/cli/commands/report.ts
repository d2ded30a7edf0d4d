import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { PactClient } from '../../client/pact-client.ts';
import { toReportMarkdown } from '../../domain/execution/report-markdown.ts';
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
    .summary('print the report of an execution, also while it runs')
    .description(
      'Prints the report: what was planned and done, by whom, deliverables with hashes, decisions, authorizations. Of an execution ' +
        'that has ended it is the file that was written, where that is on this machine; else it is made by a worker as things stand.',
    )
    .argument('<id>', 'execution id')
    .option('--path', 'print only the path of the written report')
    .option('--json', 'print the report as JSON');
  return withConnection(command).action((id: string, flags: ReportFlags) =>
    withClient(terminal, flags, async (client) => {
      const path = await writtenReport(client, id, flags.json === true);
      if (flags.path === true) {
        if (path === null)
          throw new CliError(EXIT.notCompleted, `No report of ${id} lies on this machine. See it with: pact report ${id}`);
        return terminal.print(path);
      }
      if (path !== null) {
        const text = readFileSync(path, 'utf8');
        return void terminal.stdout.write(flags.json === true ? text : toPlainText(text));
      }
      const report = await client.report(id);
      if (flags.json === true) return terminal.printJson(report);
      terminal.print(toPlainText(toReportMarkdown(report)).trimEnd());
    }),
  );
}

async function writtenReport(client: PactClient, id: string, json: boolean): Promise<string | null> {
  const file = await client.reportFile(id);
  const files = file === null ? null : reportFiles(file.uri);
  const path = (json ? files?.json : files?.markdown) ?? null;
  return path !== null && existsSync(path) ? path : null;
}
