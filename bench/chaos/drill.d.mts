export interface DrillOptions {
  readonly folder: string;
  readonly agentProgram: string;
  /** Tasks of the first sprint; the second has one less. */
  readonly size: number;
  readonly seed: number;
  readonly workerKills: number;
  readonly serverKills: number;
  /** Events after which workflows continue as new; null or absent: as usual. */
  readonly continueAfterEvents?: number | null;
  readonly say: (line: string) => void;
}

/** A run of the drill's plan with what it left behind, for `findViolations`. */
export interface DrillRun {
  readonly phase: string;
  readonly seconds: number;
  /** Of the execution and its sprints together. */
  readonly runs: number;
  readonly kills: readonly ('worker' | 'server')[];
  readonly outlivedMs: readonly number[];
  readonly violations: readonly string[];
}

export function runDrill(options: DrillOptions): Promise<DrillRun>;
