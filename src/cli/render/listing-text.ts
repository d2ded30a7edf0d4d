import type { ExecutionListing } from '../../client/listing.ts';
import type { View } from './status-text.ts';
import { renderTable } from './table.ts';
import { relativeTime } from './time-text.ts';

/** Executions of the namespace, newest first. */
export function listingLines(executions: readonly ExecutionListing[], view: View): readonly string[] {
  return renderTable(
    executions,
    [
      { title: 'execution', text: (each) => each.executionId, flexible: true },
      { title: 'project', text: (each) => each.project ?? '', flexible: true },
      { title: 'phase', text: (each) => each.phase ?? each.serverStatus.toLowerCase() },
      { title: 'person', text: (each) => (each.needsPerson === true && each.closedAt === null ? 'needed' : '') },
      { title: 'started', text: (each) => relativeTime(each.startedAt, view.now) },
    ],
    view.width,
  );
}
