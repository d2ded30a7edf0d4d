import { NoWorkerError, RefusedError } from '../client/errors.ts';
import type { StatusAnswer } from '../client/status-answer.ts';
import type { InboxItem } from '../domain/views.ts';
import type { Desk } from './desk.ts';
import type { ProgressView } from './progress-view.ts';
import { PromptEnded } from './prompts.ts';
import { toPlainData } from './render/plain-text.ts';

/** Brings what an execution asks of people to the desk, one thing at a time, each once, and withdraws what has been settled elsewhere. */
export interface Reception {
  /** Takes note of what is open now. */
  update(answer: StatusAnswer): void;
  /** Withdraws everything and waits until the desk is idle. */
  close(): Promise<void>;
}

export interface ReceptionOptions {
  readonly desk: Desk;
  readonly view: ProgressView;
  readonly say: (line: string) => void;
  /** The person at the desk pressed Ctrl-C. */
  readonly onInterrupt: () => void;
  /** The desk met an error that ends the command. */
  readonly onFailure: (error: unknown) => void;
}

interface Visit {
  readonly key: string;
  readonly item: InboxItem | null;
  readonly controller: AbortController;
}

const AUTHORIZATION = 'authorization';

export function createReception(options: ReceptionOptions): Reception {
  const seen = new Set<string>();
  const queue: Visit[] = [];
  let working: Promise<void> | null = null;
  let current: Visit | null = null;

  const work = async (): Promise<void> => {
    for (let visit = queue.shift(); visit !== undefined; visit = queue.shift()) {
      if (visit.controller.signal.aborted) continue;
      current = visit;
      await attend(visit, options);
      current = null;
    }
    working = null;
  };

  return {
    update: (answer) => {
      if (answer.source === 'server') return;
      const open = openVisits(answer);
      for (const visit of [...queue, ...(current === null ? [] : [current])]) {
        if (!open.has(visit.key)) visit.controller.abort();
      }
      for (const [key, item] of open) {
        if (seen.has(key)) continue;
        seen.add(key);
        queue.push({ key, item, controller: new AbortController() });
      }
      if (queue.length > 0) working ??= work();
    },
    close: async () => {
      for (const visit of [...queue, ...(current === null ? [] : [current])]) visit.controller.abort();
      await working;
    },
  };
}

/** What is open by key; the authorization has its own phase, whatever the inbox lists for it. */
function openVisits(answer: Extract<StatusAnswer, { source: 'workflow' }>): ReadonlyMap<string, InboxItem | null> {
  const items = answer.inbox.filter((item) => item.kind !== 'authorization');
  return new Map<string, InboxItem | null>([
    ...(answer.phase === 'awaitingAuthorization' ? ([[AUTHORIZATION, null]] as const) : []),
    // A person may be asked the same again: stopped, resumed, stopped.
    ...items.map((item) => [`${item.itemId} ${item.since}`, toPlainData(item)] as const),
  ]);
}

async function attend({ item, controller }: Visit, options: ReceptionOptions): Promise<void> {
  const { desk, view, say } = options;
  view.pause();
  try {
    await (item === null ? desk.authorize(controller.signal) : desk.answer(item, controller.signal));
  } catch (error) {
    if (error instanceof PromptEnded) {
      if (!controller.signal.aborted) options.onInterrupt();
    } else if (controller.signal.aborted || isOver(error)) {
      say('It has been settled elsewhere.');
    } else if (item !== null && error instanceof NoWorkerError) {
      say(error.message);
    } else options.onFailure(error);
  } finally {
    view.resume();
  }
}

/** Somebody else was quicker. */
const isOver = (error: unknown): boolean =>
  error instanceof RefusedError &&
  ['NotAllowedInPhase', 'AlreadyDecided', 'UnknownItem', 'StaleAttempt', 'Expired'].includes(error.type);
