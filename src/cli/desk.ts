import type { PactClient } from '../client/pact-client.ts';
import type { AuthorizationView, InboxItem } from '../domain/views.ts';
import { toPlainData } from './render/plain-text.ts';
import type { CommandTarget } from './render/next-commands.ts';
import type { Terminal } from './terminal.ts';

/** Deals with what an execution asks of people: asks in the terminal, answers in a name it was given, or prints how to. */
export interface Desk {
  authorize(signal: AbortSignal): Promise<void>;
  /** `signal` aborts when the item has been answered elsewhere or is over. */
  answer(item: InboxItem, signal: AbortSignal): Promise<void>;
}

export interface DeskContext {
  readonly terminal: Terminal;
  readonly client: PactClient;
  readonly target: CommandTarget;
  /** Takes lines for people: stdout, or stderr where stdout carries JSON. */
  readonly say: (...lines: readonly string[]) => void;
}

/** The authorization as it stands, safe to print. */
export const readAuthorization = async ({ client, target }: DeskContext): Promise<AuthorizationView> =>
  toPlainData(await client.authorization(target.executionId));
