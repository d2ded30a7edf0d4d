import type { JsonObject } from '../../domain/plan/plan.ts';

/** Knows which processes run for this worker, so that they die with it. */
export interface ProcessRegistry {
  /** Before the process is started. `recovery`: what a successor of this worker needs, such as the task token. */
  register(entry: { readonly marker: string; readonly recovery: JsonObject | null }): Registration;
}

export interface Registration {
  /** `startTime` in the unit of the process table; null: not known. */
  started(pgid: number, startTime: number | null): void;
  /** Every process of it is dead. */
  release(): void;
}
