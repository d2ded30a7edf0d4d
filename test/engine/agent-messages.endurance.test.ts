import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { DeliveredMessage } from '../../src/domain/agent-message.ts';
import { onePlan, openEngine, scriptedAgent, until } from '../support/engine.ts';
import { passRuns, SHORT_RUN } from '../support/runs.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const config = { agents: [scriptedAgent('ann', { capacity: 5, input: 'stream' }), scriptedAgent('bo', { input: 'stream' })] };
const task = (id: string, agent: string, steps: readonly object[], more: object = {}) => ({
  id,
  agent,
  input: { steps },
  ...more,
});
const bodiesIn = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as DeliveredMessage[]).map(({ body }) => body);
const untilThere = (file: string) => until(() => existsSync(file), Boolean, 60_000);

test.concurrent('messages: what was said in one run of the workflow is there in the next, and each comes once', async () => {
  const engine = await openEngine({ config, worker: { continueAfterEvents: SHORT_RUN } });
  try {
    const [gate, kept, heard] = ['gate', 'kept', 'heard'].map((name) => join(engine.baseDir, name)) as [string, string, string];
    const execution = await engine.start(
      onePlan([
        task('speak', 'ann', [{ send: { to: 'bo', priority: 'urgent', kind: 'request', body: 'before' } }]),
        task('wait', 'ann', [{ until: gate }], { dependsOn: ['speak'] }),
        task('listen', 'bo', [{ kept }, { hear: 1, file: heard }, { reply: 'done' }], { dependsOn: ['wait'] }),
        task('greet', 'ann', [{ until: kept }, { send: { to: 'bo', priority: 'urgent', body: 'after' } }], {
          dependsOn: ['wait'],
        }),
      ]),
    );
    await execution.authorize();
    const sprintId = `${execution.id}/sprint/only`;
    await until(
      () => execution.tasks(),
      (tasks) => tasks.some(({ id, state }) => id === 'wait' && state === 'running'),
    );
    // An attempt at work keeps the run from ending; it has ended by itself when the next ones begin.
    const passed = passRuns(engine.client, sprintId);
    writeFileSync(gate, '');
    await passed;
    expect((await execution.result()).phase).toBe('completed');
    expect(bodiesIn(kept)).toEqual(['before']);
    expect(bodiesIn(heard)).toEqual(['after']);
  } finally {
    await engine.close();
  }
});

test.concurrent('messages: kill -9 of the worker keeps what was not delivered, and gives the next attempt what died with the last', async () => {
  const engine = await openEngine({ config: { ...config, heartbeatTimeout: '5s' }, worker: null });
  try {
    const [gate, kept, heard, late] = ['gate', 'kept', 'heard', 'late'].map((name) => join(engine.baseDir, name)) as [
      string,
      string,
      string,
      string,
    ];
    const options = { configPath: engine.configPath, address: inject('temporalAddress'), namespace: inject('temporalNamespace') };
    const first = await startWorkerProcess(options);
    const execution = await engine.start(
      onePlan([
        task('speak', 'ann', [
          { send: { to: 'task:listen', priority: 'urgent', body: 'heard' } },
          { send: { to: 'task:later', priority: 'urgent', body: 'waiting' } },
        ]),
        task('listen', 'bo', [
          { attempt: 1, hear: 1, file: heard },
          { attempt: 1, hang: true },
          { attempt: 2, kept },
          { attempt: 2, until: gate },
        ]),
        task('later', 'ann', [{ kept: late }], { dependsOn: ['listen'] }),
      ]),
    );
    await execution.authorize();
    await untilThere(heard);
    await first.kill();
    const second = await startWorkerProcess(options);
    try {
      await untilThere(kept);
      writeFileSync(gate, '');
      expect((await execution.result()).phase).toBe('completed');
      expect([bodiesIn(heard), bodiesIn(kept), bodiesIn(late)]).toEqual([['heard'], ['heard'], ['waiting']]);
    } finally {
      await second.kill();
    }
  } finally {
    await engine.close();
  }
});
