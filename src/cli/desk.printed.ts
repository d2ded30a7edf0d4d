import { readAuthorization } from './desk.ts';
import type { Desk, DeskContext } from './desk.ts';
import { authorizationLines } from './render/authorization-text.ts';
import { itemLines } from './render/inbox-text.ts';
import { authorizeCommands, pactCommand, respondCommands, temporalCommand } from './render/next-commands.ts';

/** Without a person at this terminal: prints the exact commands with which somebody decides elsewhere, and waits. */
export function createPrintedDesk(context: DeskContext): Desk {
  const { say, target, terminal } = context;
  return {
    authorize: async () => {
      const authorization = await readAuthorization(context);
      say(...authorizationLines(authorization, terminal.view()), '');
      say(...authorizeCommands(target, authorization.planHash ?? 'HASH'), '', 'Waiting for the authorization.');
    },
    answer: async (item) => {
      say('', 'A person is needed:', ...itemLines(item, terminal.view()));
      switch (item.kind) {
        case 'authorization':
          break;
        case 'stopped':
        case 'paused':
          say(
            'Go on with:',
            `  ${pactCommand(target, 'resume', '--as', 'NAME')}`,
            `  ${temporalCommand(target, 'update', 'resume', { by: 'NAME' })}`,
          );
          break;
        default:
          say('Answer with (put your name for NAME):', ...respondCommands(target, item));
      }
    },
  };
}
