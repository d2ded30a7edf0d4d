import { Command } from 'commander';
import type { PactClient } from '../../client/pact-client.ts';
import type { AuthorizationView } from '../../domain/views.ts';
import { CliError } from '../cli-error.ts';
import { withClient, withConnection } from '../connection-options.ts';
import type { ConnectionFlags } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { createPrompts, PromptEnded } from '../prompts.ts';
import { authorizationLines } from '../render/authorization-text.ts';
import { toPlainData } from '../render/plain-text.ts';
import { temporalQuery } from '../render/next-commands.ts';
import type { CommandTarget } from '../render/next-commands.ts';
import type { Terminal } from '../terminal.ts';

interface AuthorizeFlags extends ConnectionFlags {
  readonly as: string;
  readonly hash?: string;
  readonly note?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function authorizeCommand(terminal: Terminal): Command {
  const command = new Command('authorize')
    .summary('authorize a plan, so that it starts')
    .description(
      'Shows what is to be authorized, asks, and authorizes it. The approval names the hash of the exact plan. Without a terminal ' +
        'it needs --hash, the hash that was reviewed, or --yes, whatever is there now.',
    )
    .argument('<id>', 'execution id')
    .requiredOption('--as <name>', 'your name')
    .option('--hash <hash>', 'hash of the plan that you have reviewed')
    .option('--note <text>', 'note for the ledger')
    .option('--yes', 'state without being asked that the plan was reviewed and the emergency stop is understood')
    .option('--json', 'print JSON');
  return withConnection(command).action((id: string, flags: AuthorizeFlags) =>
    withClient(terminal, flags, async (client, targetOf) => {
      const planHash = flags.hash ?? (await reviewedHash(terminal, client, targetOf(id), flags));
      const message = { by: flags.as, planHash, reviewed: true, emergencyStopUnderstood: true };
      const accepted = await client.authorize(id, { ...message, ...(flags.note === undefined ? {} : { note: flags.note }) });
      if (flags.json === true) return terminal.printJson(accepted);
      const { approvals, required } = await client.authorization(id);
      terminal.print(`Approved ${id} as ${flags.as}: ${approvals.length} of ${required} needed.`);
    }),
  );
}

/** Shows the review and has it confirmed. @throws CliError where nobody can be asked, or the person declined */
async function reviewedHash(
  terminal: Terminal,
  client: PactClient,
  target: CommandTarget,
  flags: AuthorizeFlags,
): Promise<string> {
  const id = target.executionId;
  const isAsked = flags.yes !== true;
  if (isAsked && !terminal.isInteractive) {
    throw new CliError(
      EXIT.invalid,
      'Without a terminal nobody can be asked: expected --hash HASH, the plan hash that was reviewed ' +
        `(${temporalQuery(target, 'authorization')} shows it), or --yes.`,
    );
  }
  await untilPrepared(client, id);
  const authorization: AuthorizationView = toPlainData(await client.authorization(id));
  if (authorization.planHash === null) {
    throw new CliError(
      EXIT.refused,
      `${id} is ${authorization.phase}: there is nothing to authorize. Look again with: pact status ${id}`,
    );
  }
  if (flags.json !== true) terminal.print(...authorizationLines(authorization, terminal.view()), '');
  if (isAsked) await confirmStatements(terminal, id);
  return authorization.planHash;
}

/** Right after the start the plan is still being prepared, for a moment. */
async function untilPrepared(client: PactClient, id: string): Promise<void> {
  for await (const { answer } of client.observe(id)) {
    if (answer.source === 'server' || answer.phase !== 'preparing') return;
  }
}

async function confirmStatements(terminal: Terminal, id: string): Promise<void> {
  const prompts = createPrompts(terminal, new AbortController().signal);
  try {
    const isReviewed = await prompts.isAgreed('I have reviewed the plan above.');
    if (isReviewed && (await prompts.isAgreed(`I know the emergency stop; it ends every agent at once:  pact stop ${id}`)))
      return;
  } catch (error) {
    if (error instanceof PromptEnded) throw new CliError(EXIT.interrupted, 'Not authorized.');
    throw error;
  }
  throw new CliError(EXIT.notCompleted, 'Not authorized: both statements are needed.');
}
