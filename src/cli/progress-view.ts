import { createLogUpdate } from 'log-update';
import type { Observation } from '../client/watch.ts';
import type { WatchEvent } from '../client/watch-event.ts';
import { eventLine } from './render/event-line.ts';
import { liveFrame } from './render/live-table.ts';
import { toPlainData } from './render/plain-text.ts';
import type { StatusAnswer } from '../client/status-answer.ts';
import type { Terminal } from './terminal.ts';

/** Shows how an execution goes on. While paused it keeps what comes and shows it on resume, so that a question can be asked. */
export interface ProgressView {
  show(observation: Observation): void;
  pause(): void;
  resume(): void;
  /** Leaves the last state on the screen. */
  end(): void;
}

export type ProgressMode = 'json' | 'live' | 'lines';

export const chooseMode = (terminal: Terminal, json: boolean): ProgressMode =>
  json ? 'json' : terminal.stdout.isTTY === true && terminal.env['TERM'] !== 'dumb' ? 'live' : 'lines';

export function createProgressView(terminal: Terminal, mode: ProgressMode): ProgressView {
  switch (mode) {
    case 'json':
      return jsonView(terminal);
    case 'lines':
      return linesView(terminal);
    case 'live':
      return liveView(terminal);
  }
}

function jsonView(terminal: Terminal): ProgressView {
  return {
    show: ({ events }) => terminal.print(...events.map((event) => JSON.stringify(event))),
    pause: () => {},
    resume: () => {},
    end: () => {},
  };
}

function linesView(terminal: Terminal): ProgressView {
  const held = holdable((lines) => terminal.print(...lines));
  return { ...held, show: ({ events }) => held.add(toLines(events, terminal)), end: held.resume };
}

/** Repaints a table of agents; decisions and changes of phase stay above it as lines. */
function liveView(terminal: Terminal): ProgressView {
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

function toLines(events: readonly WatchEvent[], terminal: Terminal): readonly string[] {
  const view = terminal.view();
  return events.map((event) => eventLine(toPlainData(event), view)).filter((line) => line !== null);
}

function holdable(write: (lines: readonly string[]) => void): {
  add: (lines: readonly string[]) => void;
  pause: () => void;
  resume: () => void;
} {
  let held: readonly string[] | null = null;
  return {
    add: (lines) => {
      if (held === null) write(lines);
      else held = [...held, ...lines];
    },
    pause: () => (held ??= []),
    resume: () => {
      const lines = held ?? [];
      held = null;
      write(lines);
    },
  };
}
