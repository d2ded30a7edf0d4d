import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, test } from 'vitest';
import { dist, workflowBundle } from '../support/engine.ts';
import { installQuietRuntime } from '../support/quiet-runtime.ts';

const folder = fileURLToPath(new URL('histories', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

installQuietRuntime();

interface SavedEvent {
  readonly eventType: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string }; activityId: string };
  startChildWorkflowExecutionInitiatedEventAttributes?: { workflowType: { name: string } };
}
interface SavedHistory {
  readonly workflowId: string;
  readonly history: { readonly events: SavedEvent[] };
}

const read = (file: string): SavedHistory => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));

const options = { workflowBundle, dataConverter: { payloadConverterPath: dist('workflows/payload-converter.js') } };
const replay = ({ workflowId, history }: SavedHistory): Promise<void> => Worker.runReplayHistory(options, history, workflowId);

/** What came of each, by workflow id: one worker for all of them. A workflow that went on as a new run has several histories. */
async function replayAll(): Promise<ReadonlyMap<string, readonly (Error | undefined)[]>> {
  const results = new Map<string, (Error | undefined)[]>();
  for await (const { workflowId, error } of Worker.runReplayHistories(options, files.map(read)))
    results.set(workflowId, [...(results.get(workflowId) ?? []), error]);
  return results;
}

test('replay: there is a saved history of every shape', () => {
  const shapes = new Set(files.map((name) => name.split('.')[0]));
  const expected = [
    'plain',
    'retry',
    'question',
    'stopped',
    'paused',
    'rejected',
    'expired',
    'failed',
    'human',
    'cancelled',
    'parallel',
    'continued',
    'escalated',
    'measured',
    'reallocated',
    'rolledBack',
    'amended',
  ];
  expect([...shapes].toSorted()).toEqual(expected.toSorted());
});

describe('replay: the saved history', () => {
  let results: Awaited<ReturnType<typeof replayAll>>;
  beforeAll(async () => {
    results = await replayAll();
  });

  test.each(files)('%s still replays', (file) => {
    const { workflowId } = read(file);
    const runs = files.filter((other) => read(other).workflowId === workflowId);
    expect(results.get(workflowId)).toEqual(runs.map(() => undefined));
  });
});

/** Changes to a history that stand for changes to the code: what was recorded is not what the code does. */
const FORGERIES: readonly (readonly [string, string, (events: SavedEvent[]) => void])[] = [
  ['another activity', 'plain.only.json', (events) => (attemptIn(events, 0).activityType.name = 'doSomethingElse')],
  ['another attempt number', 'retry.only.json', (events) => (attemptIn(events, 1).activityId = 'a#7')],
  ['attempts in another order', 'parallel.left.json', swapAttempts],
  ['another activity in place of prepare', 'plain.execution.json', replacePrepare],
  ['a child of another type', 'plain.execution.json', renameChild],
];

test.each(FORGERIES)('replay: a history with %s is refused', async (_what, file, forge) => {
  const saved = read(file);
  forge(saved.history.events);
  await expect(replay(saved)).rejects.toBeInstanceOf(DeterminismViolationError);
});

function attemptIn(events: readonly SavedEvent[], position: number) {
  const attempts = events
    .flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled ?? [])
    .filter(({ activityType }) => activityType.name === 'performTask');
  const attempt = attempts[position];
  if (attempt === undefined) throw new Error(`expected a history with ${position + 1} attempts`);
  return attempt;
}

function swapAttempts(events: SavedEvent[]): void {
  const [first, second] = [attemptIn(events, 0), attemptIn(events, 1)];
  [first.activityId, second.activityId] = [second.activityId, first.activityId];
}

function replacePrepare(events: SavedEvent[]): void {
  const prepare = events.find((event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'prepare');
  if (prepare?.activityTaskScheduledEventAttributes === undefined) throw new Error('expected a history with prepare');
  prepare.activityTaskScheduledEventAttributes.activityType.name = 'journal';
}

function renameChild(events: SavedEvent[]): void {
  const child = events.find((event) => event.startChildWorkflowExecutionInitiatedEventAttributes);
  if (child?.startChildWorkflowExecutionInitiatedEventAttributes === undefined)
    throw new Error('expected a history with a child');
  child.startChildWorkflowExecutionInitiatedEventAttributes.workflowType.name = 'reallocation';
}
