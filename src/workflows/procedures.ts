import { CancellationScope, getExternalWorkflowHandle, ParentClosePolicy, startChild, uuid4 } from '@temporalio/workflow';
import { childWorkflowId } from '../domain/ids.ts';
import { jsonBytes } from '../domain/json-size.ts';
import type {
  ProcedureEvent,
  ProcedureKind,
  ProcedureNews,
  ProcedureOutcome,
  ProcedureRef,
  StartProcedure,
  TellProcedure,
} from '../domain/procedures/procedure.ts';
import type { Packable } from '../domain/packed.ts';
import { toSignal } from './messages.ts';
import { whenPacked } from './packing.ts';
import { whenRoom } from './payload-budget.ts';
import { PROCEDURE_ORDERS, type ProcedureOrders, type ProcedureStart, type ProcedureWord } from './procedure-messages.ts';
import { isGone } from './sign-of-life.ts';
import { describeLoss } from './start-sprint.ts';

/** Child workflows with a life of their own, as one run of their owner hands them to the next. */
export type CarriedProcedures = readonly (ProcedureRef & { readonly key: string })[];

export interface ProcedureChildren {
  start(effect: StartProcedure): void;
  tell(effect: Pick<TellProcedure, 'kind' | 'n' | 'news'>): void;
  /** The signal `procedureWord`; false when it is from no child of this owner. */
  takeWord(raw: unknown): boolean;
  /** Asks all of an earlier run whether they are there. */
  ask(): void;
  /** Something is on its way to one of them: the run must not end. */
  readonly isBusy: boolean;
  carry(): CarriedProcedures;
}

interface Line extends ProcedureRef {
  readonly key: string;
  /** Resolves when the child runs; null: an earlier run has started it. */
  readonly started: Promise<unknown> | null;
}

/** What a child says is of its kind, which its key has proven. */
type HappenedEvent = { readonly at: number } & ProcedureEvent;
type Happened = (event: HappenedEvent) => void;

/**
 * The owner's side of its procedures. They outlive its runs: what they say comes by signal to its workflow id. That one is gone without a
 * last word is told by the server to the run that has started it, and to a later one by the child's own tether, which asks it to look.
 */
export function createProcedureChildren(ownerId: string, happened: Happened, carried: CarriedProcedures = []): ProcedureChildren {
  const { lines, end, order, ask, during, isBusy } = createProcedureLines(ownerId, happened, carried);
  ask();
  return {
    start({ kind, n, input, summary }) {
      const key = uuid4();
      const child = during(CancellationScope.nonCancellable(() => startChildOf({ ownerId, key, kind, n, input }, summary)));
      lines.set(keyOf({ kind, n }), { kind, n, key, started: child });
      // Its outcome has come by then; one that ended without it never will.
      const lose = (reason: string): void => end({ kind, n }, null, reason);
      child
        .then((handle) => handle.result())
        .then(
          () => lose('it ended without an outcome'),
          (error) => lose(describeLoss(error)),
        );
    },
    tell({ kind, n, news }) {
      const line = lines.get(keyOf({ kind, n }));
      if (line) order(line, [news]);
    },
    takeWord(raw) {
      const { key, kind, n, said, outcome } = (raw ?? {}) as Partial<ProcedureWord>;
      if (kind === undefined || n === undefined || key === undefined || lines.get(keyOf({ kind, n }))?.key !== key) return false;
      for (const one of said ?? []) happened({ type: 'procedureSaid', at: Date.now(), kind, n, said: one } as HappenedEvent);
      if (outcome) end({ kind, n }, outcome, null);
      return true;
    },
    ask,
    get isBusy() {
      return isBusy();
    },
    carry: () => [...lines.values()].map(({ kind, n, key }) => ({ kind, n, key })),
  };
}

/** Which children are open; each ends once. */
function createProcedureLines(ownerId: string, happened: Happened, carried: CarriedProcedures) {
  const lines = new Map<string, Line>(carried.map((ref) => [keyOf(ref), { ...ref, started: null }]));
  let pending = 0;
  const during = <T>(work: Promise<T>): Promise<T> => {
    pending += 1;
    const settle = (): void => void (pending -= 1);
    work.then(settle, settle);
    return work;
  };
  const end = (ref: ProcedureRef, outcome: ProcedureOutcome<ProcedureKind> | null, reason: string | null): void => {
    if (!lines.delete(keyOf(ref))) return;
    happened({ type: 'procedureEnded', at: Date.now(), kind: ref.kind, n: ref.n, outcome, reason } as HappenedEvent);
  };
  const deliver = async (line: Line, news: readonly ProcedureNews<ProcedureKind>[]): Promise<void> => {
    const orders: ProcedureOrders = { key: line.key, news, isOrphaned: line.started === null };
    try {
      await line.started;
      const child = getExternalWorkflowHandle(childWorkflowId(ownerId, line.kind, line.n));
      await whenRoom(jsonBytes(orders), () => child.signal(toSignal(PROCEDURE_ORDERS), orders));
    } catch (error) {
      if (isGone(error)) end(line, null, 'it does not run any more');
    }
  };
  // What an update has decided is carried out in the scope of the workflow itself, where after a cancel nothing is sent any more.
  const order = (line: Line, news: readonly ProcedureNews<ProcedureKind>[]): void =>
    void during(CancellationScope.nonCancellable(() => deliver(line, news)));
  const ask = (): void => {
    for (const line of lines.values()) if (line.started === null) order(line, []);
  };
  return { lines, end, order, ask, during, isBusy: () => pending > 0 };
}

const keyOf = ({ kind, n }: ProcedureRef): string => `${kind}/${n}`;

type ProcedureWorkflow = (input: Packable<ProcedureStart>) => Promise<unknown>;

const startChildOf = (start: ProcedureStart, summary: string) =>
  whenPacked(start, (packed) =>
    startChild<ProcedureWorkflow>(start.kind, {
      workflowId: childWorkflowId(start.ownerId, start.kind, start.n),
      args: [packed],
      // The server applies this policy when a run continues as new, too.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: summary.slice(0, 200),
    }),
  );
