import type { ReallocationInput, ReallocationNews, ReallocationOutcome, ReallocationSaid } from '../reallocation/reallocation.ts';
import type { EscalationInput, EscalationNews, EscalationOutcome, EscalationSaid } from '../escalation/escalation.ts';
import type { RollbackInput, RollbackNews, RollbackOutcome, RollbackSaid } from '../rollback/rollback.ts';

/**
 * What a sprint or an execution has done by child workflows with a life of their own, `<owner>/<kind>/<n>`: input, what the child says
 * while it goes on, what its owner tells it, and how it ended.
 */
interface Procedures {
  readonly escalation: {
    readonly input: EscalationInput;
    readonly said: EscalationSaid;
    readonly news: EscalationNews;
    readonly outcome: EscalationOutcome;
  };
  readonly rollback: {
    readonly input: RollbackInput;
    readonly said: RollbackSaid;
    readonly news: RollbackNews;
    readonly outcome: RollbackOutcome;
  };
  readonly reallocation: {
    readonly input: ReallocationInput;
    readonly said: ReallocationSaid;
    readonly news: ReallocationNews;
    readonly outcome: ReallocationOutcome;
  };
}

export type ProcedureKind = keyof Procedures;
export type ProcedureInput<K extends ProcedureKind> = Procedures[K]['input'];
export type ProcedureSaid<K extends ProcedureKind> = Procedures[K]['said'];
export type ProcedureNews<K extends ProcedureKind> = Procedures[K]['news'];
export type ProcedureOutcome<K extends ProcedureKind> = Procedures[K]['outcome'];

/** One child: `n` counts per owner and kind, from 1. */
export interface ProcedureRef {
  readonly kind: ProcedureKind;
  readonly n: number;
}

type OfEach<T extends { readonly [K in ProcedureKind]: object }> = T[ProcedureKind];

export type StartProcedure = OfEach<{
  readonly [K in ProcedureKind]: {
    readonly type: 'startProcedure';
    readonly kind: K;
    readonly n: number;
    readonly input: ProcedureInput<K>;
    /** For the Temporal UI. */
    readonly summary: string;
  };
}>;

export type TellProcedure = OfEach<{
  readonly [K in ProcedureKind]: {
    readonly type: 'tellProcedure';
    readonly kind: K;
    readonly n: number;
    readonly news: ProcedureNews<K>;
  };
}>;

export type ProcedureEvent =
  | OfEach<{
      readonly [K in ProcedureKind]: {
        readonly type: 'procedureSaid';
        readonly kind: K;
        readonly n: number;
        readonly said: ProcedureSaid<K>;
      };
    }>
  | OfEach<{
      readonly [K in ProcedureKind]: {
        readonly type: 'procedureEnded';
        readonly kind: K;
        readonly n: number;
        /** null: it ended without one, terminated by hand for example; `reason` says what is known. */
        readonly outcome: ProcedureOutcome<K> | null;
        readonly reason: string | null;
      };
    }>;
