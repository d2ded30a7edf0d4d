import { expect } from 'vitest';
import type { AgentJournal } from './agent-journal.ts';
import { onePlan, openEngine, until, type Engine, type Execution } from './engine.ts';

/** An engine with an agent `worker` that writes into the journal and listens while it runs. */
export const openMessageEngine = (journal: AgentJournal): Promise<Engine> =>
  openEngine({
    config: {
      agents: [
        journal.agent('worker', { capacity: 10 }, { input: 'stream' }),
        { id: 'person', adapter: { kind: 'human', people: ['ann'] } },
      ],
    },
  });

const HANG = [{ status: { progress_percentage: 10 } }, { hang: true }];

/** An execution whose task `a` is at work and stays so, with `b` after it. */
export async function startHanging(engine: Engine, journal: AgentJournal): Promise<Execution> {
  const execution = await engine.start(
    onePlan([
      { id: 'a', agent: 'worker', input: { steps: HANG } },
      { id: 'b', agent: 'worker', dependsOn: ['a'] },
    ]),
  );
  await execution.authorize();
  await until(
    () => journal.starts(execution.id).length,
    (count) => count === 1,
  );
  await until(
    () => execution.status(),
    ({ tasks }) => tasks.running === 1,
  );
  return execution;
}

/** Whatever came before: it stops, and then ends as cancelled. */
export async function expectStopAndCancel(execution: Execution, payload: unknown = { by: 'ann', reason: 'test' }): Promise<void> {
  await execution.handle.signal('emergencyStop', payload);
  await until(
    () => execution.status(),
    ({ phase }) => phase === 'stopped',
  );
  await execution.handle.cancel();
  await execution.result().catch(() => undefined);
  expect((await execution.handle.describe()).status.name).toBe('CANCELLED');
}

/** Type of the failure of a refused update; null when it was accepted. */
export const refusalOf = (execution: Pick<Execution, 'update'>, name: string, payload: unknown): Promise<string | null> =>
  execution.update(name, payload).then(
    () => null,
    (error: unknown) => (error as { cause?: { type?: string } }).cause?.type ?? String(error),
  );
