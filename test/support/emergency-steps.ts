import { expect } from 'vitest';
import { escapeMarkdown } from '../../src/domain/markdown.ts';
import type { EmergencyView, InboxItem } from '../../src/domain/views.ts';
import { readArtifact, readLedger } from './artifacts.ts';
import { untilAsked } from './authorized.ts';
import { until, type Engine, type Execution } from './engine.ts';

/** What an emergency must show from its beginning to its end: detection, alert, chain, measure, recovery, review. */
export interface ExpectedEmergency {
  readonly kind: EmergencyView['kind'];
  readonly id: string;
  readonly alert: { readonly id: string; readonly kind: string };
  readonly title: string;
  readonly measure: string;
}

/** The chain that these plans have. */
export const chain = (otherwise: string) => ({ levels: [{ to: ['ann'], within: '1h' }], otherwise });

export const emergencyOf = async (execution: Execution): Promise<EmergencyView | undefined> =>
  (await execution.status()).coordination.emergencies?.[0];
export const untilEmergency = (execution: Execution): Promise<EmergencyView | undefined> =>
  until(
    () => emergencyOf(execution),
    (one) => one !== undefined,
  );

/** It is detected with evidence, an alert is open, something is done about it, and the chain is asked. */
export async function untilRaised(engine: Engine, execution: Execution, expected: ExpectedEmergency): Promise<InboxItem> {
  const { kind, id, alert, title, measure } = expected;
  const item = await untilAsked(execution, (one) => one.kind === 'escalation' && one.title === `level 1: ${title}`);
  expect(item).toMatchObject({ people: ['ann'], sprint: 'only' });
  expect(item.options).toContain('wait');
  const { alerts } = await execution.status();
  expect(alerts).toEqual(expect.arrayContaining([expect.objectContaining(alert)]));
  const found = await emergencyOf(execution);
  expect(found).toMatchObject({ kind, id, endedAt: null });
  expect(found?.measures.join('\n')).toContain(measure);
  const [entry] = await until(
    async () => (await readLedger(engine, execution.id)).filter(({ event }) => event === 'emergencyStarted'),
    (entries) => entries.length > 0,
  );
  expect(entry?.data).toMatchObject({ emergency: alert.id, kind, evidence: expect.any(Object) as object });
  return item;
}

/** Who noticed it has seen that it is gone: nobody is asked any more, and the review is written. Expects the execution to have ended. */
export async function untilReviewed(engine: Engine, execution: Execution, expected: ExpectedEmergency): Promise<void> {
  const { kind, id, alert, title, measure } = expected;
  expect(await emergencyOf(execution)).toMatchObject({ kind, id, endedAt: expect.any(String) as string });
  expect((await execution.status()).alerts.map((one) => one.id)).not.toContain(alert.id);
  const events = (await readLedger(engine, execution.id)).map(({ event }) => event);
  expect(events.indexOf('emergencyEnded')).toBeGreaterThan(events.indexOf('escalationStarted'));
  const review = await until(
    () => readArtifact(engine, execution.id, 'reviews/only-escalation-1.md').catch(() => ''),
    (text) => text.includes('## Follow-ups'),
  );
  for (const text of [title, kind, measure, 'level 1 is asked: ann', 'Withdrawn']) expect(review).toContain(escapeMarkdown(text));
}
