import type { Observation } from '../client/watch.ts';
import type { WatchEvent } from '../client/watch-event.ts';
import { eventLine } from './render/event-line.ts';
import { toPlainData } from './render/plain-text.ts';
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

export async function createProgressView(terminal: Terminal, mode: ProgressMode): Promise<ProgressView> {
  switch (mode) {
    case 'json':
      return jsonView(terminal);
    case 'lines':
      return linesView(terminal);
    case 'live':
      return (await import('./progress-view.live.ts')).createLiveView(terminal);
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

export function toLines(events: readonly WatchEvent[], terminal: Terminal): readonly string[] {
  const view = terminal.view();
  return events.map((event) => eventLine(toPlainData(event), view)).filter((line) => line !== null);
}

/** Writes lines at once, or keeps them while held. */
export function holdable(write: (lines: readonly string[]) => void): {
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
