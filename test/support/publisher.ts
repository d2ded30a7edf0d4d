import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Compensates by a line in `undone.txt`; a file `fail.<task>` beside it makes it fail, `hold.<task>` makes it wait. */
const UNDO = `
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
const [task] = process.env.PACT_UNDO.split('/');
const note = (word) => appendFileSync('PLACE/undone.txt', word + ' ' + process.env.PACT_UNDO + ' ' + readdirSync('.').join() + '\\n');
note('begin');
while (existsSync('PLACE/hold.' + task)) await new Promise((resolve) => setTimeout(resolve, 20));
if (existsSync('PLACE/fail.' + task)) { console.log('the registry is closed'); process.exit(1); }
note('end');
`;

/** Where tasks of `publishing` take back what they have published. */
export interface Publisher {
  /** For the config. */
  readonly check: object;
  flag(name: string): Promise<void>;
  unflag(name: string): Promise<void>;
  /** `begin` and `end` of each compensation of tasks whose id begins so, with its attempt and what was in its workspace. */
  undoneOf(prefix: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function openPublisher(): Promise<Publisher> {
  const place = await mkdtemp(join(tmpdir(), 'pact-rollback-'));
  await writeFile(join(place, 'undo.mjs'), UNDO.replaceAll('PLACE', place));
  return {
    check: { id: 'unpublish', run: [process.execPath, join(place, 'undo.mjs')] },
    flag: (name) => writeFile(join(place, name), ''),
    unflag: (name) => rm(join(place, name)),
    async undoneOf(prefix) {
      const text = await readFile(join(place, 'undone.txt'), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '' && line.includes(` ${prefix}`));
    },
    close: () => rm(place, { recursive: true, force: true }),
  };
}

/** A task that publishes a file, and can take that back. */
export const publishing = (id: string, dependsOn: readonly string[] = [], steps: readonly object[] = []) => ({
  id,
  agent: 'worker',
  dependsOn,
  deliverables: [{ id: 'out', path: `${id}.txt` }],
  compensation: { check: 'unpublish' },
  input: { steps },
});
