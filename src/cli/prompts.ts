import { confirm, isCancel, select, text } from '@clack/prompts';
import type { Readable, Writable } from 'node:stream';
import type { Terminal } from './terminal.ts';

/** The person pressed Ctrl-C or Escape, or the question is over (`signal`). */
export class PromptEnded extends Error {
  override readonly name = 'PromptEnded';
}

export interface Prompts {
  /** A line of text, trimmed and not empty; `check` answers with what is wrong with it. */
  line(
    message: string,
    options?: { readonly initial?: string | undefined; readonly check?: (value: string) => string | undefined },
  ): Promise<string>;
  isAgreed(message: string): Promise<boolean>;
  choice<T extends string>(message: string, options: readonly { readonly value: T; readonly label: string }[]): Promise<T>;
}

/** Questions in a terminal. Every method throws PromptEnded when the person leaves it. */
export function createPrompts(terminal: Terminal, signal: AbortSignal): Prompts {
  const streams = { input: terminal.stdin as Readable, output: terminal.stdout as Writable, signal };
  return {
    line: async (message, options = {}) => {
      const answer = await text({
        ...streams,
        message,
        ...(options.initial === undefined ? {} : { initialValue: options.initial }),
        validate: (value) => ((value ?? '').trim() === '' ? 'Expected some text.' : options.check?.((value ?? '').trim())),
      });
      return unlessEnded(answer).trim();
    },
    isAgreed: async (message) => unlessEnded(await confirm({ ...streams, message, initialValue: false })),
    choice: async <T extends string>(message: string, options: readonly { readonly value: T; readonly label: string }[]) => {
      const answer = await select<string>({
        ...streams,
        message,
        options: options.map(({ value, label }) => ({ value: value as string, label })),
      });
      return unlessEnded(answer) as T;
    },
  };
}

function unlessEnded<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new PromptEnded();
  return answer as Exclude<T, symbol>;
}
