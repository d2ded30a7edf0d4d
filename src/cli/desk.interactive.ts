import { RefusedError } from '../client/errors.ts';
import type { AuthorizationView, InboxItem } from '../domain/views.ts';
import { readAuthorization } from './desk.ts';
import type { Desk, DeskContext } from './desk.ts';
import { createPrintedDesk } from './desk.printed.ts';
import { createPrompts } from './prompts.ts';
import type { Prompts } from './prompts.ts';
import { authorizationLines, missingApprovals } from './render/authorization-text.ts';
import { isAllowed, itemLines, peopleText } from './render/inbox-text.ts';
import { authorizeCommands, pactCommand } from './render/next-commands.ts';

/** Asks the person at the terminal. A refused answer is explained and asked again; "later" prints the commands. */
export function createInteractiveDesk(context: DeskContext): Desk {
  let lastName = context.terminal.env['USER'];
  const remember = (name: string): void => void (lastName = name);
  const printed = createPrintedDesk(context);
  return {
    authorize: async (signal) => {
      const prompts = createPrompts(context.terminal, signal);
      const authorization = await readAuthorization(context);
      context.say(...authorizationLines(authorization, context.terminal.view()), '');
      await untilAccepted(context, () => decideOnPlan(context, prompts, authorization, { initial: lastName, remember }));
    },
    answer: async (item, signal) => {
      if (item.kind !== 'humanTask' && item.kind !== 'question' && item.kind !== 'agentUnavailable')
        return printed.answer(item, signal);
      const prompts = createPrompts(context.terminal, signal);
      context.say('', ...itemLines(item, context.terminal.view()));
      await untilAccepted(context, () => decideOnItem(context, prompts, item, { initial: lastName, remember }));
    },
  };
}

interface NameMemory {
  readonly initial: string | undefined;
  readonly remember: (name: string) => void;
}

/** Runs the dialogue again after a refusal, having said why. */
async function untilAccepted({ say, terminal }: DeskContext, dialogue: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await dialogue();
    } catch (error) {
      if (!(error instanceof RefusedError) || error.type === 'NotAllowedInPhase' || error.type === 'AlreadyDecided') throw error;
      say(terminal.paint.yellow(`Refused (${error.type}): ${error.message}`));
    }
  }
}

async function decideOnPlan(
  context: DeskContext,
  prompts: Prompts,
  authorization: AuthorizationView,
  names: NameMemory,
): Promise<void> {
  const { client, say, target } = context;
  const { executionId } = target;
  const planHash = authorization.planHash ?? '';
  const choice = await prompts.choice('Is this plan authorized? Nothing has been started yet.', [
    { value: 'approve', label: 'Yes, authorize it' },
    { value: 'reject', label: 'No, reject it' },
    { value: 'later', label: 'Decide later, or let somebody else decide' },
  ]);
  if (choice === 'later') return say(...authorizeCommands(target, planHash));
  const by = await askName(prompts, authorization.approvers, names);
  if (choice === 'reject') {
    const note = await prompts.line('Why is it rejected?');
    await client.reject(executionId, { by, planHash, note });
    return say('Rejected.');
  }
  const isReviewed = await prompts.isAgreed(`I have reviewed the plan above (hash ${planHash.slice(0, 12)}…).`);
  const stop = pactCommand(target, 'stop', '--as', by, '--reason', 'WHY');
  const isStopUnderstood =
    isReviewed && (await prompts.isAgreed(`I know the emergency stop; it ends every agent at once:  ${stop}`));
  if (!isReviewed || !isStopUnderstood) {
    say('Not authorized: both statements are needed.');
    return decideOnPlan(context, prompts, authorization, names);
  }
  await client.authorize(executionId, { by, planHash, reviewed: true, emergencyStopUnderstood: true });
  say(`Approved as ${by}.`, ...missingApprovals(authorization, target));
}

async function decideOnItem(
  { client, say, target }: DeskContext,
  prompts: Prompts,
  item: InboxItem,
  names: NameMemory,
): Promise<void> {
  const by = await askName(prompts, item.people, names);
  if (!isAllowed(item, by)) return say(`${by} may not answer this; it is for ${peopleText(item.people)}.`);
  const decision = await (item.options.length === 0
    ? prompts.line('Your answer')
    : prompts.choice(
        item.title,
        item.options.map((option) => ({ value: option, label: option })),
      ));
  await client.respond(target.executionId, { by, itemId: item.itemId, decision });
  say(`Answered "${decision}" as ${by}.`);
}

async function askName(
  prompts: Prompts,
  people: readonly string[] | 'anyone',
  { initial, remember }: NameMemory,
): Promise<string> {
  const isKnown = (name: string): boolean => typeof people === 'string' || people.includes(name);
  const name = await prompts.line('Your name', {
    initial: initial !== undefined && isKnown(initial) ? initial : undefined,
    check: (value) => (isKnown(value) ? undefined : `Expected one of: ${peopleText(people)}.`),
  });
  remember(name);
  return name;
}
