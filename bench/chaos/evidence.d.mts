import type { DrillRun } from './drill.mjs';

export function findViolations(run: DrillRun, calm: DrillRun | null): string[];
