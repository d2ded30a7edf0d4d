import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultPayloadConverter, WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { COMMANDS } from '../../src/domain/messages.ts';
import type { InboxItem } from '../../src/domain/views.ts';
import { openEngine, scriptedAgent, until, type Engine, type Execution } from '../support/engine.ts';
import { labelledJson, readPage } from './doc-page.ts';
import { differencesOf } from './json-shape.ts';

const examples = labelledJson(readPage('messages.md'));
const steps = [
  { status: { progress_percentage: 40, current_task: 'lexer: strings' } },
  { ask: { id: 'syntax', text: 'Which syntax for strings?', options: ['single', 'double'] } },
  // The answer stands in the mailbox for as long as the attempt is at work.
  { waitMs: 3_000 },
  { write: 'src/lexer.ts' },
];
const plan = {
  pact: 1,
  project: { name: 'Parser 2.0' },
  sprints: [
    {
      id: 'core',
      tasks: [
        {
          id: 'lexer',
          title: 'Write the lexer',
          agent: 'builder',
          estimate: '40s',
          resources: ['bench-machine'],
          deliverables: [{ id: 'lexer-code', path: 'src/lexer.ts' }],
          input: { steps },
        },
        { id: 'parser', title: 'Write the parser', agent: 'builder', dependsOn: ['lexer'], estimate: '2m' },
        { id: 'sign-off', agent: 'ann', dependsOn: ['parser'], description: 'Is it good?' },
      ],
      checkpoints: [{ id: 'api-freeze', after: ['lexer'], agents: ['builder', 'ann'] }],
    },
  ],
};
const answers = new Map<string, unknown>();
let engine: Engine;

/** The run that the page tells of, with what each message and file really held. */
beforeAll(async () => {
  engine = await openEngine({
    config: {
      agents: [
        scriptedAgent('builder', { capacity: 2, input: 'stream' }),
        { id: 'ann', adapter: { kind: 'human', within: '1h' } },
      ],
      authorization: { approvers: ['ann', 'bo'] },
    },
  });
  const execution = await engine.start(plan);
  await until(
    () => execution.authorization(),
    ({ planHash }) => planHash !== null,
  );
  await refuseOverHttp(execution.id);
  await execution.authorize();
  const [question] = await until(
    () => inbox(execution),
    ({ length }) => length > 0,
  );
  answers.set(
    'status',
    await until(
      () => execution.status(),
      ({ agents }) => agents[0]?.status === 'blocked',
    ),
  );
  answers.set('authorization', await execution.authorization());
  answers.set(
    'heartbeat',
    await until(
      () => heartbeatOf(execution),
      (details) => details !== null,
    ),
  );
  answers.set('memo', (await execution.handle.describe()).memo?.['pact']);
  const changes = [{ changeTask: { task: 'parser', set: { priority: 'high' } } }];
  answers.set('amendment', await execution.update('amendPlan', { by: 'ann', changes, dryRun: true }));
  await execution.update('respond', {
    by: 'ann',
    itemId: question?.itemId,
    decision: 'double',
    note: 'as in C',
    data: { escape: '\\' },
  });
  const ask = () =>
    execution.sprint('core').query<{ answers: unknown[] }, [object]>('mailbox', { attempts: [{ taskId: 'lexer', attempt: 1 }] });
  answers.set('mailbox', await until(ask, (mailbox) => mailbox.answers.length > 0));
  const [signOff] = await until(
    () => inbox(execution),
    (items) => items.some(({ kind }) => kind === 'humanTask'),
  );
  answers.set('tasks', await execution.handle.query('tasks', { limit: 1 }));
  answers.set('decisions', await execution.handle.query('decisions', { limit: 2 }));
  answers.set('accepted', await execution.update('pause', { by: 'ann', reason: 'lunch' }));
  await execution.update('resume', { by: 'ann' });
  await execution.update('respond', { by: 'ann', itemId: signOff?.itemId, decision: 'approve' });
  answers.set('result', await execution.result());
  await readFiles(execution.id);
  answers.set('mistake', await mistakeOf({ ...plan, sprints: [{ id: 'core', tasks: [{ id: 'lexer', agent: 'bulder' }] }] }));
}, 120_000);

afterAll(() => engine.close());

const inbox = (execution: Execution) => execution.handle.query<InboxItem[]>('inbox');

/** An update over the HTTP API that is refused, once well-formed and once not; without that API the client stands in. */
async function refuseOverHttp(workflowId: string): Promise<void> {
  const payload = { by: 'ann', decision: 'approve', planHash: 'nope', reviewed: true, emergencyStopUnderstood: true };
  if (inject('temporalHttpUrl') === null) {
    await expect(engine.client.workflow.getHandle(workflowId).executeUpdate('authorize', { args: [payload] })).rejects.toThrow(
      WorkflowUpdateFailedError,
    );
    return;
  }
  const request = { request: { meta: { updateId: 'u1' }, input: { args: [payload] } }, waitPolicy: { lifecycleStage: 3 } };
  answers.set('refusedUpdate', await post(`${workflowId}/update/authorize`, request));
}

async function post(path: string, body: object): Promise<unknown> {
  const url = `${inject('temporalHttpUrl')}/api/v1/namespaces/${inject('temporalNamespace')}/workflows/${path}`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  return response.json();
}

async function heartbeatOf(execution: Execution): Promise<unknown> {
  const { raw } = await execution.sprint('core').describe();
  const payload = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0];
  return payload ? defaultPayloadConverter.fromPayload(payload) : null;
}

async function readFiles(executionId: string): Promise<void> {
  const read = (name: string) => readFile(join(engine.baseDir, '.pact/artifacts', executionId, name), 'utf8');
  answers.set('report', JSON.parse(await read('report.json')));
  answers.set('ledger', JSON.parse((await read('ledger.jsonl')).split('\n')[0] ?? ''));
}

async function mistakeOf(wrong: unknown): Promise<unknown> {
  const execution = await engine.start(wrong);
  const error: unknown = await execution.result().catch((reason: unknown) => reason);
  if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
  expect(error.cause.type).toBe('InvalidPlan');
  const [problems] = error.cause.details ?? [];
  return Array.isArray(problems) ? problems[0] : problems;
}

const commands: readonly string[] = [...COMMANDS, 'agentStatus', 'message'];
const labels = [...examples.keys()].filter((label) => !commands.includes(label));

describe('docs/messages.md, against a run', () => {
  test.each(labels)('what is documented as %s has exactly the fields that really come', (label) => {
    if (label === 'refusedUpdate' && inject('temporalHttpUrl') === null) return;
    expect(answers.has(label), `the run yields "${label}"`).toBe(true);
    expect(differencesOf(examples.get(label), answers.get(label))).toEqual([]);
  });

  test.skipIf(inject('temporalHttpUrl') === null)('the HTTP API takes a page as documented', async () => {
    const { executionId } = answers.get('result') as { executionId: string };
    const page = { query: { queryArgs: [{ limit: 1 }] } };
    const answer = await post(`${executionId}/query/tasks`, page);
    expect(answer).toMatchObject({
      queryResult: [{ items: [{ id: 'lexer', deliverables: [{ id: 'lexer-code' }] }], total: 3, nextOffset: 1 }],
    });
  });

  test('the comparison finds a field too many, one too few and another kind', () => {
    expect(differencesOf({ a: 1, b: [{ c: '' }], d: 1 }, { a: '', b: [{ c: '', e: 1 }] })).toEqual([
      'a: documented as number, came as string',
      'b[].e: not documented',
      'd: did not come',
    ]);
  });
});
