import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { dist } from '../support/engine.ts';

const run = promisify(execFile);

test('sample: npm start without questions takes the library to its package, with a retry, a checkpoint and a sign-off', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pact-sample-'));
  try {
    const env = { ...process.env, TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_NAMESPACE: inject('temporalNamespace') };
    const id = `sample-${process.pid}-${Date.now()}`;
    const { stdout } = await run(process.execPath, [dist('cli/main.js'), 'sample', '--approve-as', 'eve', '--json', '--id', id], {
      cwd: folder,
      env,
      timeout: 240_000,
    });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.at(-1)).toMatchObject({ type: 'end', executionId: id, phase: 'completed' });
    const report = JSON.parse(await readFile(join(folder, '.pact/artifacts', id, 'report.json'), 'utf8'));
    expect(report.tasks.every(({ state }: { state: string }) => state === 'done')).toBe(true);
    expect(report.authorizations).toMatchObject([{ by: 'eve', decision: 'approve' }]);
    expect(report.tasks.find(({ id: task }: { id: string }) => task === 'benchmark')).toMatchObject({ attempts: 2 });
    expect(report.decisions.map(({ event }: { event: string }) => event)).toEqual(
      expect.arrayContaining(['checkpointPassed', 'agentActivated', 'attemptFailed', 'answered']),
    );
    const ledger = (await readFile(join(folder, '.pact/artifacts', id, 'ledger.jsonl'), 'utf8')).trim().split('\n');
    expect(ledger.filter((line) => JSON.parse(line).event === 'taskFinished')).toHaveLength(14);
    expect(await readFile(join(folder, '.pact/artifacts', id, 'report.md'), 'utf8')).toContain(
      '| sign-off | release | release-manager | done |',
    );
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}, 300_000);
