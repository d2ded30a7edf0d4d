import type { StatusAnswer } from '../../client/status-answer.ts';
import { agentTable, headLines, statusLines } from './status-text.ts';
import type { View } from './view.ts';

/**
 * The frame that a terminal repaints: phase, overall progress, a bar per agent at work, and what waits for a person. At most
 * `height` lines, since a frame higher than the terminal cannot be repainted.
 */
export function liveFrame(answer: StatusAnswer, view: View, height: number): readonly string[] {
  if (answer.source === 'server') return statusLines(answer, view).slice(0, height);
  const atWork = answer.agents.filter((agent) => agent.status !== 'completed');
  const alerts = answer.alerts.map((alert) => view.paint.yellow(`alert: ${alert.text}`));
  const waiting = answer.inbox.map((item) => view.paint.yellow(`waits for a person: ${item.title} [${item.itemId}]`));
  const head = headLines(answer, view);
  const tail = [...alerts, ...waiting];
  const room = Math.max(0, height - head.length - tail.length - 2);
  const table = atWork.length === 0 ? [] : ['', ...agentTable(atWork, view)];
  const shown =
    table.length <= room
      ? table
      : [...table.slice(0, Math.max(0, room - 1)), view.paint.dim(`  and ${table.length - room + 1} more`)];
  return [...head, ...shown, ...tail].slice(0, height);
}
