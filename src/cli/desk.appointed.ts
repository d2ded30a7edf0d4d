import { RefusedError } from '../client/errors.ts';
import { readAuthorization } from './desk.ts';
import type { Desk, DeskContext } from './desk.ts';
import { createPrintedDesk } from './desk.printed.ts';
import { authorizationLines, missingApprovals } from './render/authorization-text.ts';
import { firstPositiveOption, isAllowed } from './render/inbox-text.ts';

const NOTE = 'by --approve-as';

/**
 * `--approve-as NAME`: authorizes, and signs off what NAME may answer with the first option that agrees, saying each time what
 * it does. Everything else is printed, as without a terminal. A refused authorization is thrown, since nobody here can mend it.
 */
export function createAppointedDesk(context: DeskContext, name: string): Desk {
  const { client, say, target, terminal } = context;
  const printed = createPrintedDesk(context);
  return {
    authorize: async () => {
      const authorization = await readAuthorization(context);
      say(...authorizationLines(authorization, terminal.view()), '', `Authorizing as ${name} (--approve-as).`);
      const { planHash } = authorization;
      await client.authorize(target.executionId, {
        ...(planHash === null ? {} : { planHash }),
        by: name,
        reviewed: true,
        emergencyStopUnderstood: true,
        note: NOTE,
      });
      say(...missingApprovals(authorization, target));
    },
    answer: async (item, signal) => {
      const decision = firstPositiveOption(item.options);
      const isSignOff = item.kind === 'humanTask' || item.kind === 'question';
      if (!isSignOff || decision === null || !isAllowed(item, name)) return printed.answer(item, signal);
      say(`Signing off "${item.title}" [${item.itemId}] as ${name} with "${decision}" (--approve-as).`);
      try {
        await client.respond(target.executionId, { by: name, itemId: item.itemId, decision, note: NOTE });
      } catch (error) {
        if (!(error instanceof RefusedError) || signal.aborted) throw error;
        say(`Refused (${error.type}): ${error.message}`);
        await printed.answer(item, signal);
      }
    },
  };
}
