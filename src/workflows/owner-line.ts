import { CancellationScope, getExternalWorkflowHandle, setHandler, sleep } from '@temporalio/workflow';
import type { ProcedureKind, ProcedureNews, ProcedureOutcome, ProcedureSaid } from '../domain/procedures/procedure.ts';
import { CHECK_OWNER, toSignal } from './messages.ts';
import {
  PROCEDURE_ORDERS,
  PROCEDURE_WORD,
  type ProcedureOrders,
  type ProcedureStart,
  type ProcedureWord,
} from './procedure-messages.ts';
import { isGone } from './sign-of-life.ts';
import { tie } from './tether.ts';

/** An owner that continues as new is there all the while; one that does not answer so often within seconds is gone. */
const TRIES = 4;
const RETRY_MS = 1_000;

/** The child's end of the line to its owner. */
export interface OwnerLine<K extends ProcedureKind> {
  /** Takes what the owner has said, in its order. */
  take(): readonly ProcedureNews<K>[];
  readonly hasNews: boolean;
  /** Words go one signal at a time; what is said meanwhile goes together. */
  say(said: ProcedureSaid<K>): void;
  /** The owner is closed: nobody wants to hear of it any more. */
  readonly isOwnerGone: boolean;
  /** The last word; resolves when it has come, or nobody is there to hear it. */
  close(outcome: ProcedureOutcome<K>): Promise<void>;
}

/** Sets the handlers of orders. */
export function openOwnerLine<K extends ProcedureKind>({ ownerId, key, kind, n }: ProcedureStart<K>): OwnerLine<K> {
  const heard: ProcedureNews<K>[] = [];
  const words: ProcedureSaid<K>[] = [];
  let outcome: ProcedureOutcome<K> | null = null;
  let isWanted = false;
  let isOwnerGone = false;
  let isTied = false;
  let sending: Promise<void> | null = null;

  const send = async (): Promise<void> => {
    for (let failures = 0; isWanted && failures < TRIES;) {
      isWanted = false;
      const count = words.length;
      const word: ProcedureWord<K> = { key, kind, n, said: words.slice(0, count), outcome };
      try {
        await getExternalWorkflowHandle(ownerId).signal(toSignal(PROCEDURE_WORD), word);
        words.splice(0, count);
        failures = 0;
      } catch (error) {
        isWanted = true;
        failures += 1;
        if (failures === TRIES && isGone(error)) isOwnerGone = true;
        else await sleep(RETRY_MS * 2 ** (failures - 1));
      }
    }
    sending = null;
  };
  const speak = (): Promise<void> => {
    isWanted = true;
    // A handler speaks in the scope of the workflow itself, where after a cancel nothing is sent any more.
    sending ??= CancellationScope.nonCancellable(send);
    return sending;
  };
  const obey = (raw: unknown): void => {
    const { key: given, news, isOrphaned } = (raw ?? {}) as Partial<ProcedureOrders<K>>;
    if (given !== key || !Array.isArray(news)) return;
    heard.push(...news);
    if (!isOrphaned || isTied) return;
    isTied = true;
    tie(ownerId);
  };
  setHandler(toSignal(PROCEDURE_ORDERS), obey, { description: 'What its owner tells it; from the owner only' });
  setHandler(toSignal(CHECK_OWNER), () => void speak(), { description: 'Look whether the owner is still there' });
  return {
    take: () => heard.splice(0),
    get hasNews() {
      return heard.length > 0;
    },
    say(said) {
      words.push(said);
      void speak();
    },
    get isOwnerGone() {
      return isOwnerGone;
    },
    close(last) {
      outcome = last;
      return speak();
    },
  };
}
