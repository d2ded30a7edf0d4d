import { tell } from './notices.ts';
import { toResult } from './report.ts';
import type { ExecutionTurn } from './turn.ts';

/** Tells the end, once its report is written. */
export function tellEnd(turn: ExecutionTurn): void {
  const { executionId, phase, report } = turn.state;
  const { summary } = toResult(turn.state);
  tell(turn, 'ended', `${executionId} ${phase}`, [summary, ...(report === null ? [] : [`Report: ${report.uri}`])]);
}
