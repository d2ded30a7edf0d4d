import { createLogUpdate } from 'log-update';
import type { StatusAnswer } from '../client/status-answer.ts';
import type { WatchEvent } from '../client/watch-event.ts';
import { holdable, toLines } from './progress-view.ts';
import type { ProgressView } from './progress-view.ts';
import { liveFrame } from './render/live-table.ts';
import { toPlainData } from './render/plain-text.ts';
import type { Terminal } from './terminal.ts';

/** Repaints a table of agents; decisions and changes of phase stay above it as lines. */
export function createLiveView(terminal: Terminal): ProgressView {
  const screen = createLogUpdate(terminal.stdout);
  let latest: StatusAnswer | null = null;
  let isPaused = false;
  const repaint = (): void => {
    if (latest === null || isPaused) return;
    // One row is left for the cursor.
    screen(liveFrame(latest, terminal.view(), (terminal.stdout.rows || 24) - 1).join('\n'));
  };
  const held = holdable((lines) => {
    if (lines.length > 0) screen.persist(lines.join('\n'));
  });
  // Forecasts count down and widths change while nothing else does.
  const timer = setInterval(repaint, 1_000);
  return {
    show: ({ answer, events }) => {
      latest = toPlainData(answer);
      held.add(toLines(events.filter(staysOnScreen), terminal));
      repaint();
    },
    pause: () => {
      isPaused = true;
      held.pause();
      screen.clear();
    },
    resume: () => {
      isPaused = false;
      held.resume();
      repaint();
    },
    end: () => {
      clearInterval(timer);
      isPaused = false;
      held.resume();
      repaint();
      screen.done();
    },
  };
}

/** What the table shows by itself needs no line. */
const staysOnScreen = (event: WatchEvent): boolean =>
  event.type !== 'agent' && event.type !== 'progress' && event.type !== 'inbox';
