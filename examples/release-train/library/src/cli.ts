#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseAgenda } from './agenda.ts';
import { parseDuration } from './duration.ts';
import { formatInterval, parseInterval } from './interval.ts';
import { findSlots } from './slots.ts';

const USAGE = 'usage: free-slots [--within 09:00-17:00] [--length 30m] [--step 15m] [AGENDA_FILE]';

/** Prints one slot a line. Returns the exit status: 0 with slots, 1 without, 2 for wrong usage. */
function main(args: readonly string[]): number {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        within: { type: 'string', default: '09:00-17:00' },
        length: { type: 'string', default: '30m' },
        step: { type: 'string', default: '15m' },
      },
    });
    const slots = findSlots({
      within: parseInterval(values.within),
      busy: parseAgenda(readFileSync(positionals[0] ?? 0, 'utf8')).map(
        (meeting) => meeting.interval,
      ),
      length: parseDuration(values.length),
      step: parseDuration(values.step),
    });
    for (const slot of slots) console.log(formatInterval(slot));
    return slots.length > 0 ? 0 : 1;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
}

process.exitCode = main(process.argv.slice(2));
