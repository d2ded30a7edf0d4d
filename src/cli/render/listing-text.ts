import type { ExecutionListing } from '../../client/listing.ts';
import { isPhase } from '../../client/status-answer.ts';
import { phaseText } from './phase-paint.ts';
import type { View } from './view.ts';
import { renderTable } from './table.ts';
import { relativeTime } from './time-text.ts';

/** Executions of the namespace, newest first. */
export function listingLines(executions: readonly ExecutionListing[], view: View): readonly string[] {
  return renderTable(
    executions,
    [
      { title: 'execution', text: (each) => each.executionId, flexible: true },
      { title: 'project', text: (each) => each.project ?? '', flexible: true },
      { title: 'phase', text: (each) => phaseOf(each) },
      { title: 'person', text: (each) => (each.needsPerson === true && each.closedAt === null ? 'needed' : '') },
      { title: 'started', text: (each) => relativeTime(each.startedAt, view.now) },
    ],
    view.width,
  );
}

/** Search attributes may be of any program: a phase that is not ours is shown as it is. */
function phaseOf({ phase, serverStatus }: ExecutionListing): string {
  if (phase === null) return serverStatus.toLowerCase();
  return isPhase(phase) ? phaseText(phase) : phase;
}
