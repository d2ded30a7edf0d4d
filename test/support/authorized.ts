import type { InboxItem } from '../../src/domain/views.ts';
import { until, type Engine, type Execution } from './engine.ts';

/** An execution of the plan that somebody has approved. */
export async function startAuthorized(engine: Engine, plan: unknown): Promise<Execution> {
  const execution = await engine.start(plan);
  await execution.authorize('dora');
  return execution;
}

/** The first such item in the inbox of the execution, once there is one. */
export async function untilAsked(execution: Execution, isMeant: (item: InboxItem) => boolean): Promise<InboxItem> {
  const { inbox } = await until(
    () => execution.status(),
    (status) => status.inbox.some(isMeant),
  );
  return inbox.find(isMeant) as InboxItem;
}

/** Type of the failure that the update answers with; null: it is taken. */
export const refusalOf = (execution: Execution, name: string, payload: unknown): Promise<string | null> =>
  execution.update(name, payload).then(
    () => null,
    (error: unknown) => (error as { cause?: { type?: string } }).cause?.type ?? String(error),
  );
