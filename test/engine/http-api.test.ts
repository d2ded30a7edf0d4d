import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { findOnPath } from '../../src/server/cli-binary.ts';
import type { AuthorizationView } from '../../src/domain/views.ts';
import { openEngine, until, type Engine } from '../support/engine.ts';

/** The server's own HTTP API, without a line of ours or of Temporal's SDK on this side. */
const base = `${inject('temporalHttpUrl')}/api/v1/namespaces/${inject('temporalNamespace')}/workflows`;
let engine: Engine;
let count = 0;

beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

/** Answers are read as they come: what they hold is what is tested. */
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

interface Answer {
  readonly status: number;
  readonly body: Json;
}
type Ask = (path: string, body?: unknown) => Promise<Answer>;

const byFetch: Ask = async (path, body) => {
  const init =
    body === undefined ? {} : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${base}${path}`, init);
  return { status: response.status, body: await response.json() };
};

const byCurl: Ask = async (path, body) => {
  const data = body === undefined ? [] : ['--data', JSON.stringify(body), '-H', 'Content-Type: application/json'];
  const { stdout } = await promisify(execFile)(
    'curl',
    ['-s', '--noproxy', '*', '-w', '\n%{http_code}', ...data, `${base}${path}`],
    { maxBuffer: 32 * 1024 * 1024 },
  );
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end)), body: JSON.parse(stdout.slice(0, end)) as Json };
};

function open(ask: Ask) {
  const start = async (plan: unknown): Promise<string> => {
    const id = `${engine.taskQueue}-http-${count++}`;
    const input = [{ plan }];
    const { status, body } = await ask(`/${id}`, {
      workflowType: { name: 'execution' },
      taskQueue: { name: engine.taskQueue },
      input,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    engine.adopt(id);
    return id;
  };
  const query = async (id: string, name: string, ...args: unknown[]): Promise<Json> =>
    (await ask(`/${id}/query/${name}`, args.length === 0 ? {} : { query: { queryArgs: args } })).body.queryResult?.[0];
  const ready = (id: string): Promise<AuthorizationView> =>
    until(
      () => query(id, 'authorization'),
      (view) => typeof view?.planHash === 'string',
    );
  const update = (id: string, name: string, payload: unknown): Promise<Answer> =>
    ask(`/${id}/update/${name}`, {
      request: { meta: { updateId: `u${count++}` }, input: { args: [payload] } },
      waitPolicy: { lifecycleStage: 3 },
    });
  const result = (id: string): Promise<Json> =>
    until(
      async () => (await ask(`/${id}/history-reverse?maximumPageSize=1`)).body.history.events[0],
      (event) => /^EVENT_TYPE_WORKFLOW_EXECUTION_(COMPLETED|FAILED|CANCELED|TERMINATED)$/.test(event.eventType),
    );
  return { ask, start, query, ready, update, result };
}

const approval = (planHash: string | null) => ({
  by: 'ann',
  decision: 'approve',
  planHash,
  reviewed: true,
  emergencyStopUnderstood: true,
});
const plan = (more: Record<string, unknown> = {}) => ({
  pact: 1,
  project: { name: 'Test' },
  sprints: [{ id: 'only', tasks: [{ id: 'a', ...more }] }],
});

describe.skipIf(inject('temporalHttpUrl') === null)('with nothing but HTTP', () => {
  const ways: readonly (readonly [string, Ask])[] = [
    ['fetch', byFetch],
    ...(findOnPath('curl', process.env) === null ? [] : [['curl', byCurl] as const]),
  ];

  test.each(ways)(
    'HTTP API: a plan is started, reviewed, authorized by signal, watched and finished with %s',
    async (_name, ask) => {
      const http = open(ask);
      const id = await http.start(plan());
      const { planHash, review } = await http.ready(id);
      expect(review).toContain(planHash);
      expect((await http.ask(`/${id}/signal/authorize`, { input: [approval(planHash)] })).status).toBe(200);
      const end = await http.result(id);
      expect(end.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
      expect(end.workflowExecutionCompletedEventAttributes.result[0]).toMatchObject({
        executionId: id,
        phase: 'completed',
        planHash,
      });
      expect(await http.query(id, 'status')).toMatchObject({ phase: 'completed', tasks: { done: 1 } });
      expect(await http.query(id, 'tasks', { offset: 0, limit: 1 })).toMatchObject({
        items: [{ id: 'a', state: 'done' }],
        total: 1,
        nextOffset: null,
      });
    },
  );

  test.each(ways)('HTTP API: an update answers at once, and a refused one with its type, with %s', async (_name, ask) => {
    const http = open(ask);
    const id = await http.start(plan());
    const { planHash } = await http.ready(id);
    const wrong = await http.update(id, 'authorize', approval('0'.repeat(64)));
    expect(JSON.stringify(wrong.body)).toContain('WrongHash');
    const malformed = await http.update(id, 'authorize', { decision: 'approve' });
    expect(JSON.stringify(malformed.body)).toContain('InvalidMessage');
    const right = await http.update(id, 'authorize', approval(planHash));
    expect(right.body.outcome.success[0]).toMatchObject({ accepted: true });
    expect((await http.result(id)).eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
  });

  test('HTTP API: the empty lists of a plan, which the server turns into null, mean the same as empty lists', async () => {
    const http = open(byFetch);
    const empty = { skills: [], dependsOn: [], deliverables: [], paths: [], resources: [], checks: [] };
    const written = { ...plan(empty), objectives: [], resources: [], triggers: [] };
    const [byHttp, bySdk] = [await http.start(written), await engine.start(written)];
    const view = await http.ready(byHttp);
    const other = await until(
      () => bySdk.authorization(),
      ({ planHash }) => planHash !== null,
    );
    expect(view.planHash).toBe(other.planHash);
    await http.ask(`/${byHttp}/signal/authorize`, { input: [approval(view.planHash)] });
    expect((await http.result(byHttp)).eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
    await bySdk.update('authorize', { by: 'ann', decision: 'reject' });
    expect((await bySdk.result()).phase).toBe('rejected');
  });

  test('HTTP API: a wrong plan fails the workflow, its mistakes as data in the details', async () => {
    const http = open(byFetch);
    const id = await http.start({ ...plan({ agent: 'nobody', estimate: 'soon' }), colour: 'red' });
    const { failure } = (await http.result(id)).workflowExecutionFailedEventAttributes;
    expect(failure.applicationFailureInfo.type).toBe('InvalidPlan');
    const problems = failure.applicationFailureInfo.details[0] as { path: string; message: string }[];
    expect(problems.map(({ path }) => path).toSorted()).toEqual([
      'colour',
      'sprints[0].tasks[0].agent',
      'sprints[0].tasks[0].estimate',
    ]);
  });

  test('HTTP API: a signal in the plain text that any web page can send authorizes nothing without the hash, and stops', async () => {
    const http = open(byFetch);
    const id = await http.start(plan());
    await http.ready(id);
    const send = (name: string, input: unknown): Promise<Response> =>
      fetch(`${base}/${id}/signal/${name}`, {
        method: 'POST',
        body: JSON.stringify({ input: [input] }),
        headers: { 'content-type': 'text/plain' },
      });
    await send('authorize', { by: 'ann', decision: 'approve', reviewed: true, emergencyStopUnderstood: true });
    await until(
      () => http.query(id, 'authorization'),
      ({ refusals }) => refusals?.length === 1,
    );
    await send('emergencyStop', []);
    await until(
      () => http.query(id, 'status'),
      ({ phase }) => phase === 'stopped',
    );
    await http.ask(`/${id}/cancel`, {});
    expect((await http.result(id)).eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED');
  });
});
