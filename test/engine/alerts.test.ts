import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLedger } from '../support/artifacts.ts';
import { startAuthorized, untilAsked } from '../support/authorized.ts';
import { onePlan, openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({ config: { agents: [scriptedAgent('worker', { capacity: 5 })] } });
});
afterAll(async () => {
  await engine.close();
});

const chain = {
  levels: [{ to: ['bo'], within: '1h' }],
  otherwise: 'hold',
  alerts: [{ kind: 'timeline', after: '1s' }],
};

/** An agent that says nothing until the file is there. */
async function startSilent(file: string): Promise<{ execution: Execution; wakeUp: () => Promise<void> }> {
  const path = join(engine.baseDir, file);
  const quiet = { id: 'quiet', agent: 'worker', estimate: '1s', input: { steps: [{ until: path }] } };
  const execution = await startAuthorized(engine, { ...onePlan([quiet]), escalation: chain });
  return { execution, wakeUp: () => writeFile(path, '') };
}

const alertIds = async (execution: Execution): Promise<string[]> => (await execution.status()).alerts.map(({ id }) => id);

test.concurrent('alerts: a silent agent is late by the clock alone, nobody takes notice, so people are asked until somebody does', async () => {
  const { execution, wakeUp } = await startSilent('noticed');
  const item = await untilAsked(execution, ({ kind }) => kind === 'escalation');
  expect(item).toMatchObject({ people: ['bo'], task: 'quiet', options: ['continue', 'hold', 'rollback', 'stop', 'acknowledge'] });
  expect(item.title).toContain('nobody has taken notice of the timeline alert "slip/quiet"');
  expect(await alertIds(execution)).toEqual(['slip/quiet']);
  await execution.update('respond', { by: 'ann', itemId: 'alert/slip/quiet', decision: 'acknowledge' });
  const { alerts } = await until(
    () => execution.status(),
    ({ inbox }) => inbox.length === 0,
  );
  expect(alerts).toMatchObject([{ id: 'slip/quiet', acknowledged: { by: 'ann' } }]);
  await wakeUp();
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  expect(await alertIds(execution)).toEqual([]);
  const ledger = await readLedger(engine, execution.id);
  expect(ledger.filter(({ event }) => event === 'escalationStarted')).toHaveLength(1);
});

test.concurrent('alerts: one whose cause is gone is not asked about any more', async () => {
  const { execution, wakeUp } = await startSilent('gone');
  await untilAsked(execution, ({ kind }) => kind === 'escalation');
  await wakeUp();
  expect(await execution.result()).toMatchObject({ phase: 'completed' });
  const child = engine.client.workflow.getHandle(`${execution.id}/sprint/only/escalation/1`);
  expect(await child.result()).toMatchObject({ how: 'withdrawn' });
});
