import type {
  ProcedureInput,
  ProcedureKind,
  ProcedureNews,
  ProcedureOutcome,
  ProcedureSaid,
} from '../domain/procedures/procedure.ts';

/** Input of a child workflow that carries out a procedure for its owner, a sprint or an execution. */
export interface ProcedureStart<K extends ProcedureKind = ProcedureKind> {
  /** Workflow id: where its words go, whichever run is there. */
  readonly ownerId: string;
  /** Known to the two alone: anyone can send a signal, but neither words nor orders of others count. */
  readonly key: string;
  readonly kind: K;
  readonly n: number;
  readonly input: ProcedureInput<K>;
}

/** Signal `procedureWord`, from the child to its owner. */
export interface ProcedureWord<K extends ProcedureKind = ProcedureKind> {
  readonly key: string;
  readonly kind: K;
  readonly n: number;
  readonly said: readonly ProcedureSaid<K>[];
  /** Its last word. */
  readonly outcome: ProcedureOutcome<K> | null;
}

/** Signal `procedureOrders`, from the owner to the child; with nothing in it only a question whether it is there. */
export interface ProcedureOrders<K extends ProcedureKind = ProcedureKind> {
  readonly key: string;
  readonly news: readonly ProcedureNews<K>[];
  /** The run that would be told by the server of the child's end is over: the child itself must see to it. */
  readonly isOrphaned: boolean;
}

export const PROCEDURE_WORD = 'procedureWord';
export const PROCEDURE_ORDERS = 'procedureOrders';
