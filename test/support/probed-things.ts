import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Things that "work" while their file is there: probes are `test -e`, as real as a machine that answers. */
export interface ProbedThings {
  fileOf(name: string): string;
  mend(name: string): void;
  breakDown(name: string): void;
  /** As in a config. */
  probe(name: string, more?: Record<string, unknown>): Record<string, unknown>;
  remove(): void;
}

/** @param working Those that work from the beginning. */
export function openProbedThings(...working: readonly string[]): ProbedThings {
  const folder = mkdtempSync(join(tmpdir(), 'pact-probed-'));
  const fileOf = (name: string): string => join(folder, name);
  const mend = (name: string): void => writeFileSync(fileOf(name), 'up');
  for (const name of working) mend(name);
  return {
    fileOf,
    mend,
    breakDown: (name) => rmSync(fileOf(name), { force: true }),
    probe: (name, more = {}) => ({ run: ['test', '-e', fileOf(name)], every: '100ms', timeout: '5s', failures: 2, ...more }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
