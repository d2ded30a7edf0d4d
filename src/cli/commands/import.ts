import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { Command } from 'commander';
import { err, ok, type Result } from '../../domain/result.ts';
import { readInstance } from '../../domain/wfcommons/instance.ts';
import { toImportedFiles } from '../../domain/wfcommons/instance-plan.ts';
import { parsePlan } from '../../domain/plan/plan-reader.ts';
import { readYaml } from '../../domain/source/yaml-source.ts';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-code.ts';
import { writeNewFiles } from '../new-files.ts';
import { numberAboveZero, wholeNumber } from '../numbers.ts';
import { ProblemsError } from '../plan-input.ts';
import type { Terminal } from '../terminal.ts';
import { messageOf } from '../../domain/error-message.ts';

interface WfCommonsFlags {
  readonly slots: number;
  readonly scale: number;
  readonly out: string;
}

export function importCommand(terminal: Terminal): Command {
  const command = new Command('import')
    .summary('make a plan of a workflow in another format')
    .description('Makes a plan of a workflow in another format.');
  command.addCommand(wfCommonsCommand(terminal).exitOverride().showHelpAfterError('(see: pact import wfcommons --help)'));
  return command;
}

function wfCommonsCommand(terminal: Terminal): Command {
  return new Command('wfcommons')
    .summary('a recorded workflow of WfCommons, in WfFormat')
    .description(
      'Writes plan.yaml, pact.config.yaml and an agent that really works for as long as each recorded task took, times the scale. ' +
        'Reads WfFormat 1.5 and earlier. Never overwrites a file.',
    )
    .argument('<file>', 'instance, JSON')
    .option('--slots <n>', 'tasks at a time', wholeNumber(1, 10_000), 16)
    .option('--scale <s>', 'factor on the recorded run times: 0.01 makes a hundredth of them', numberAboveZero, 1)
    .requiredOption('--out <dir>', 'folder to write into, made if it is not there')
    .action((file: string, { slots, scale, out }: WfCommonsFlags) => {
      const instance = readInstance(readJson(resolve(terminal.cwd, file), file), file);
      if (!instance.ok) throw new ProblemsError(instance.error, 'instance');
      const files = toImportedFiles(instance.value, { slots, scale });
      if (!files.ok) throw new CliError(EXIT.invalid, `${file}: ${files.error}`);
      const [plan] = files.value;
      const checked = checkPlan(plan?.content ?? '');
      if (!checked.ok) throw new CliError(EXIT.invalid, `${file}: no plan can be made of it: ${checked.error}`);
      writeNewFiles(resolve(terminal.cwd, out), files.value, 'with --out DIR');
      const { tasks, withoutRuntime } = instance.value;
      if (withoutRuntime > 0)
        terminal.note(`${withoutRuntime} of ${tasks.length} tasks have no run time in ${file}: 0 is taken.`);
      const into = relative(terminal.cwd, resolve(terminal.cwd, out)) || '.';
      terminal.print(
        `Wrote ${files.value.map(({ path }) => path).join(', ')} into ${into}: ${tasks.length} tasks, ${slots} at a time.`,
        'Next:',
        `  pact simulate ${into}/plan.yaml`,
        `  cd ${into} && pact run plan.yaml`,
      );
    });
}

function readJson(path: string, shown: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = messageOf(error);
    throw new CliError(EXIT.invalid, `${shown}: expected a WfCommons instance in JSON: ${reason}`);
  }
}

/** A plan that is too large for the engine is found here, not at its start. */
function checkPlan(text: string): Result<void> {
  const { source, findings } = readYaml(text, 'plan.yaml');
  const [first] = findings;
  if (first !== undefined) return err(first.message);
  const plan = parsePlan(source, null);
  return plan.ok ? ok(undefined) : err(plan.error[0]?.message ?? 'it is no plan');
}
