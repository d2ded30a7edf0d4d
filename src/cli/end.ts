import type { ExecutionOutcome } from '../client/outcome.ts';
import type { Phase } from '../domain/views.ts';
import { EXIT } from './exit-code.ts';
import { reportPath } from './report-files.ts';
import { paintPhase } from './render/phase-paint.ts';
import { toPlainText } from './render/plain-text.ts';
import type { Terminal } from './terminal.ts';

/** Last line of `--json`: programs rely on it. */
export interface EndEvent {
  readonly type: 'end';
  readonly executionId: string;
  readonly phase: Phase;
  /** Path of the report, or its URI where it is not a file of this machine; null when there is none. */
  readonly report: string | null;
}

export const toEndEvent = ({ executionId, phase, report }: ExecutionOutcome): EndEvent => ({
  type: 'end',
  executionId,
  phase,
  report: reportPath(report),
});

/** Says how it ended and where the report is, and sets the exit code: 0 only if the plan completed. */
export function announceEnd(terminal: Terminal, outcome: ExecutionOutcome, json: boolean): void {
  terminal.setExitCode(exitCodeOf(outcome));
  if (json) return terminal.print(JSON.stringify(toEndEvent(outcome)));
  const { paint } = terminal;
  const path = reportPath(outcome.report);
  terminal.print(
    '',
    `${paint.bold(paintPhase(outcome.phase, paint))}: ${withoutPhase(toPlainText(outcome.summary), outcome.phase)}`,
    `Report: ${path === null ? 'none was written' : paint.bold(toPlainText(path))}`,
  );
}

function exitCodeOf({ phase, failure }: ExecutionOutcome): number {
  if (phase === 'completed') return EXIT.ok;
  return failure?.type === 'InvalidPlan' ? EXIT.invalid : EXIT.notCompleted;
}

/** The engine's summary begins with the phase, which is painted here. */
const withoutPhase = (summary: string, phase: Phase): string =>
  summary.startsWith(`${phase}: `) ? summary.slice(phase.length + 2) : summary;
