import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRun, example, finish, fixture, readLog, removeRuns, runner } from './agent-harness.ts';

afterAll(removeRuns);

test('request.once: the agent reads one request line, then the end of input', async () => {
  const test = createRun({ argv: ['sh', '-c', 'cat > request; echo done reading'] });
  expect(await finish(test)).toMatchObject({ ok: true, summary: null, outputs: [] });
  const text = readFileSync(join(test.workspace, 'request'), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  expect(JSON.parse(text)).toEqual(test.run.request);
  expect(readLog(test)).toBe('done reading\n');
});

test('question.stream: blocked until answered, then the answer reaches the agent', async () => {
  const test = createRun({ argv: ['python3', fixture('ask.py')], input: 'stream', limits: { stallAfterMs: 2_000 } });
  const running = runner().start(test.run);
  const asked = await test.reported(({ question }) => question !== null);
  expect(asked).toMatchObject({
    urgent: true,
    status: { status: 'blocked', blocking_issues: ['Which colour?'] },
    question: { id: 'colour', text: 'Which colour?', options: ['red', 'blue'] },
  });
  // Past its stall limit: an open question is not a stall. Time itself is what is tested here.
  const early = await Promise.race([running.outcome, new Promise((resolve) => setTimeout(resolve, 3_000, 'still waiting'))]);
  expect(early).toBe('still waiting');
  expect(running.send({ pact: 'answer', id: 'colour', text: 'blue', by: 'ann' })).toBe(true);
  expect(await running.outcome).toMatchObject({ ok: true, summary: 'painted blue', usage: { tokens: 12, cost: 0.5 } });
  expect(test.reports.some(({ status, question }) => status.status === 'working' && question === null)).toBe(true);
});

test('question.once: nobody could answer, so the attempt ends at once and says what to change', async () => {
  const test = createRun({ argv: ['sh', '-c', `echo '{"pact":"question","id":"q1","text":"Which?"}'; sleep 600`] });
  const outcome = await finish(test);
  expect(outcome).toMatchObject({ ok: false, failure: { cause: 'agent', type: 'AgentError', retryable: false } });
  if (!outcome.ok) expect(outcome.failure.message).toContain('adapter.input to stream');
});

test('wrap-up.stream: an agent that is stopped is told why before the signal', async () => {
  const argv = [
    'sh',
    '-c',
    `trap '' TERM; read -r request; echo '{"pact":"status","progress_percentage":1}'; read -r line; echo "$line" > heard; exit 0`,
  ];
  const test = createRun({ argv, input: 'stream' });
  const running = runner().start(test.run);
  await test.reported(({ status }) => status.progress_percentage === 1);
  test.abort();
  expect(await running.outcome).toMatchObject({ ok: false, failure: { cause: 'stopped' } });
  expect(JSON.parse(readFileSync(join(test.workspace, 'heard'), 'utf8'))).toEqual({
    pact: 'wrap-up',
    reason: 'stopped',
    withinMs: 500,
  });
});

test('noise: bad UTF-8 and wrong lines are logged as protocol errors, and what is right still counts', async () => {
  const test = createRun({ argv: ['python3', fixture('noise.py')] });
  const outcome = await finish(test);
  expect(outcome).toMatchObject({ ok: true, summary: 'first', outputs: [{ deliverable: 'code', path: 'code.txt' }] });
  expect(outcome.lastStatus).toMatchObject({ agent_id: 'builder', current_task: 'caf\uFFFD', outputs_ready: ['code'] });
  expect(test.reports.map(({ status }) => status.progress_percentage)).toContain(100);
  const log = readLog(test);
  const errors = log.split('\n').filter((line) => line.startsWith('[pact] protocol error: '));
  expect(errors).toHaveLength(7);
  for (const word of [
    'not valid JSON',
    'dance',
    'status: ',
    'blocking_issues',
    'estimated_completion',
    'second result',
    'after the result',
  ])
    expect(
      errors.filter((line) => line.includes(word)),
      word,
    ).not.toHaveLength(0);
  expect(test.messages).toMatchObject([{ to: 'bob', priority: 'urgent', kind: 'notice', body: {} }]);
  expect(log).toContain('no line feed at the end');
});

test.each([
  ['a result and exit 0', '{"pact":"result","summary":"well"}', '0', { ok: true, summary: 'well' }],
  ['exit 0 without a result', 'just log', '0', { ok: true, outputs: [] }],
  ['a result, then exit 3', '{"pact":"result","summary":"well"}', '3', { ok: false, failure: { exitCode: 3, retryable: true } }],
  [
    'an error line and exit 0',
    '{"pact":"error","type":"Quota","message":"none left","retryable":false}',
    '0',
    { ok: false, failure: { exitCode: 0, retryable: false } },
  ],
  [
    'an error line and exit 2',
    '{"pact":"error","type":"Net","message":"down","retryable":true}',
    '2',
    { ok: false, failure: { exitCode: 2, retryable: true } },
  ],
])('exit: %s', async (_, line, code, expected) => {
  const outcome = await finish(createRun({ argv: ['sh', fixture('plain.sh'), line, code] }));
  expect(outcome).toMatchObject(expected);
  if (!outcome.ok) expect(outcome.failure).toMatchObject({ cause: 'agent', type: 'AgentError', tail: `${line}\n` });
});

test('exit: the failure names the signal that the engine did not send', async () => {
  const outcome = await finish(createRun({ argv: ['sh', '-c', 'kill -9 $$'] }));
  expect(outcome).toMatchObject({ ok: false, failure: { exitCode: null, message: expect.stringContaining('SIGKILL') } });
});

test("environment: PATH, LANG, TZ, private HOME and TMPDIR, the config's own, the marker, and nothing else", async () => {
  const test = createRun({ argv: ['/usr/bin/env', '-0'], env: { MODEL: 'large', PACT_ATTEMPT: 'forged' } });
  await finish(test);
  const seen = Object.fromEntries(
    readLog(test)
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => line.split(/=(.*)/s)),
  );
  const inherited = Object.fromEntries(
    ['PATH', 'LANG', 'TZ'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  expect(seen).toEqual({
    ...inherited,
    HOME: test.run.home,
    TMPDIR: test.run.tmp,
    MODEL: 'large',
    PACT_ATTEMPT: test.run.marker,
  });
});

test('input: an agent that never reads a large request does no harm', async () => {
  const test = createRun({ argv: ['sh', '-c', 'exec 0<&-; echo closed'], task: { input: { text: 'x'.repeat(4_000_000) } } });
  expect(await finish(test)).toMatchObject({ ok: true });
});

test.each(['agent.sh', 'agent.mjs', 'agent.py'])('example %s does its task and is at most 30 lines long', async (name) => {
  expect(readFileSync(example(name), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  const folder = mkdtempSync(join(tmpdir(), 'pact-input-'));
  const path = join(folder, 'words.txt');
  writeFileSync(path, 'three small words\n');
  const test = createRun({
    argv: name === 'agent.mjs' ? [process.execPath, example(name)] : [example(name)],
    input: name === 'agent.py' ? 'stream' : 'once',
    inputs: [{ task: 'spec', deliverable: 'grammar', path, sha256: '0'.repeat(64) }],
    task: { deliverables: [{ id: 'code', path: 'out/result.txt' }] },
  });
  const running = runner().start(test.run);
  if (name === 'agent.py') {
    await test.reported(({ question }) => question !== null);
    running.send({ pact: 'answer', id: 'name', text: 'team' });
  }
  expect(await running.outcome).toMatchObject({ ok: true, summary: expect.any(String) });
  const content = readFileSync(join(test.workspace, 'out/result.txt'), 'utf8');
  expect(content).toContain(
    { 'agent.sh': 'three small words', 'agent.mjs': '"' + path + '": 3', 'agent.py': 'Hello, team!' }[name],
  );
});

test('example agent.mjs without a deliverable fails for good', async () => {
  const outcome = await finish(createRun({ argv: [process.execPath, example('agent.mjs')] }));
  expect(outcome).toMatchObject({ ok: false, failure: { retryable: false, message: expect.stringContaining('NoDeliverable') } });
});

test.each([
  ['line', 100],
  ['lines', 100],
])('flood: 100 MB in one %s leave memory flat, the log capped and the result intact', async (kind, mebibytes) => {
  const test = createRun({ argv: [process.execPath, fixture('flood.mjs'), kind, String(mebibytes)] });
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const outcome = await finish(test);
  clearInterval(sampler);
  expect(outcome).toMatchObject({ ok: true, summary: 'survived' });
  expect((peak - before) / 1024 / 1024).toBeLessThan(80);
  expect(statSync(test.run.logFile).size).toBeLessThan(10.2 * 1024 * 1024);
  expect(readLog(test)).toMatch(/\[pact\] \d+ of \d+ bytes left out here/);
  expect(readLog(test).trimEnd().endsWith('"survived"}')).toBe(true);
});
