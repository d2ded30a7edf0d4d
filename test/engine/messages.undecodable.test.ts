import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../src/domain/messages.ts';
import { openAgentJournal } from '../support/agent-journal.ts';
import { readLedger } from '../support/artifacts.ts';
import { onePlan, until, type Engine } from '../support/engine.ts';
import { expectStopAndCancel, openMessageEngine, startHanging } from '../support/hanging-execution.ts';
import { rawJson, rawPayload, signalRaw, updateRaw, type RawPayload } from '../support/raw-messages.ts';

const journal = openAgentJournal();
const SIGNALS = [...COMMANDS, 'agentStatus', 'sprintProgress', '__temporal_x', '__stack_trace', 'unheardOf'];
let engine: Engine;

beforeAll(async () => {
  engine = await openMessageEngine(journal);
});
afterAll(async () => {
  await engine.close(); // fails for any workflow task that has failed
  journal.remove();
});

/** Payload lists that are not one JSON object: absent, undecodable, many, of other encodings, absurdly deep. */
const RAW: Readonly<Record<string, readonly RawPayload[] | null>> = {
  'no input': null,
  'an empty list': [],
  'text that is no JSON': [rawJson('{bad')],
  'JSON without data': [rawPayload('json/plain')],
  'an unknown encoding': [rawPayload('binary/encrypted', 'secret')],
  'no encoding': [rawPayload(null, '{}')],
  'plain bytes': [rawPayload('binary/plain', new Uint8Array([0, 255, 254]))],
  'a null': [rawPayload('binary/null')],
  'a protobuf message nobody knows': [rawPayload('json/protobuf', '{}')],
  'bytes that are no UTF-8': [rawPayload('json/plain', new Uint8Array([0x22, 0xff, 0xfe, 0x22]))],
  'many arguments': [rawJson('{}'), rawJson('[]'), rawJson('{bad'), rawJson('1')],
  'a list': [rawJson('[]')],
  'a number': [rawJson('17')],
  'half a surrogate pair': [rawJson('"\\ud800"')],
  'a key named __proto__': [rawJson('{"__proto__":{"by":"ann"},"constructor":1}')],
  'lists 20,000 deep': [rawJson('['.repeat(20_000) + ']'.repeat(20_000))],
  'a deep list in every field': [rawJson(deepFields(4_000))],
};

function deepFields(depth: number): string {
  const deep = '['.repeat(depth) + ']'.repeat(depth);
  return `{${['by', 'decision', 'data', 'itemId', 'reports', 'progress', 'changed', 'decisions', 'reason'].map((name) => `"${name}":${deep}`).join(',')}}`;
}

test('messages: signals that do not decode, of every kind, change nothing, before the start and in a running execution and sprint', async () => {
  const waiting = await engine.start(onePlan([{ id: 'a', agent: 'worker' }]));
  await until(
    () => waiting.authorization(),
    ({ planHash }) => planHash !== null,
  );
  const running = await startHanging(engine, journal);
  const targets = [waiting.id, running.id, running.sprint('only').workflowId];
  for (const target of targets) {
    for (const name of SIGNALS.filter((signal) => signal !== 'emergencyStop')) {
      await Promise.all(Object.values(RAW).map((payloads) => signalRaw(engine.client, target, name, payloads)));
    }
  }
  expect((await running.status()).tasks.running).toBe(1);
  expect(await waiting.status()).toMatchObject({ phase: 'awaitingAuthorization' });
  await waiting.authorize();
  expect((await waiting.result()).phase).toBe('completed');
  const ledger = await readLedger(engine, waiting.id);
  const names = new Set(ledger.filter(({ event }) => event === 'messageRefused').map(({ data }) => data.name));
  expect([...names].toSorted()).toEqual(
    [...COMMANDS.filter((name) => name !== 'emergencyStop'), 'agentStatus', 'sprintProgress'].toSorted(),
  );
  await expectStopAndCancel(running);
}, 120_000);

test('messages: an update that does not decode is turned away without an event in the history', async () => {
  const execution = await engine.start(onePlan([{ id: 'a', agent: 'worker' }]));
  await until(
    () => execution.authorization(),
    ({ planHash }) => planHash !== null,
  );
  const before = await execution.handle.fetchHistory();
  for (const name of COMMANDS.filter((command) => command !== 'emergencyStop')) {
    for (const [what, payloads] of Object.entries(RAW)) {
      expect(await updateRaw(engine.client, execution.id, name, payloads), `${name} with ${what}`).toBe('InvalidMessage');
    }
  }
  const after = await execution.handle.fetchHistory();
  const kinds = (after.events ?? [])
    .slice(before.events?.length)
    .filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  expect(kinds).toEqual([]);
  expect((await execution.authorization()).refusals).toEqual([]);
  await execution.authorize();
  expect((await execution.result()).phase).toBe('completed');
}, 120_000);

test('messages: an emergency stop stops whatever its payload is, as a signal and as an update', async () => {
  const stops = async ([what, payloads]: readonly [string, readonly RawPayload[] | null], position: number): Promise<void> => {
    const execution = await engine.start(onePlan([{ id: 'a', agent: 'worker' }]));
    await until(
      () => execution.authorization(),
      ({ planHash }) => planHash !== null,
    );
    if (position % 2 === 0) await signalRaw(engine.client, execution.id, 'emergencyStop', payloads);
    else expect(await updateRaw(engine.client, execution.id, 'emergencyStop', payloads), what).toBeNull();
    expect(
      (
        await until(
          () => execution.status(),
          ({ phase }) => phase === 'stopped',
        )
      ).reason,
      what,
    ).toContain('stopped by');
    await execution.handle.terminate();
  };
  const cases = [...Object.entries(RAW).entries()];
  for (let first = 0; first < cases.length; first += 4) {
    await Promise.all(cases.slice(first, first + 4).map(([position, one]) => stops(one, position)));
  }
}, 90_000);
