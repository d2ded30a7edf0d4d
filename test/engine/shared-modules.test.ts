import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Remembers what follows from its argument alone. */
const PURE_MEMOS = ['domain/iso-time.ts'];

describe('modules of workflows, which all workflows of a worker share', () => {
  it('keep nothing of one workflow: no variable outside functions', () => {
    const files = ['domain', 'workflows'].flatMap((folder) =>
      readdirSync(join('src', folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`),
    );
    const keeping = files.filter((name) => /^(export )?(let|var) /m.test(readFileSync(join('src', name), 'utf8')));
    expect(files.length).toBeGreaterThan(100);
    expect(keeping).toEqual(PURE_MEMOS);
  });
});
