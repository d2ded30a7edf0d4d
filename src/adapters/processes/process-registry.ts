/** Knows which processes run for this worker, so that they die with it. */
export interface ProcessRegistry {
  /** Before the process is started. */
  register(entry: { readonly marker: string; readonly home: string | null }): Registration;
}

export interface Registration {
  /** `startTime` in the unit of the process table; null: not known. */
  started(pgid: number, startTime: number | null): void;
  /** Every process of it is dead. */
  release(): void;
}
