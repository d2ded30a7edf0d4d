import { EXIT } from './exit-code.ts';

/** Ctrl-C and TERM: the first asks for an orderly end, the second ends at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** As if Ctrl-C had been pressed: prompts in raw mode take the key themselves. */
  trigger(): void;
  /** Gives the signals back to Node. */
  release(): void;
}

export function listenForInterrupt(process: NodeJS.Process): Interrupt {
  const controller = new AbortController();
  const trigger = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on('SIGINT', trigger);
  process.on('SIGTERM', trigger);
  return {
    signal: controller.signal,
    trigger,
    release: () => {
      process.off('SIGINT', trigger);
      process.off('SIGTERM', trigger);
    },
  };
}

/** Resolves when the signal aborts. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
