import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { runPact, startPact } from './pact-process.ts';
import type { PactProcess, PactResult } from './pact-process.ts';

// Every command is a process of its own, and starts slowly on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder: string;
let env: Record<string, string>;
const running: PactProcess[] = [];

/** A project of `pact init` on the server of the test run, with task queues of its own. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pact-cli-'));
  env = { TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_NAMESPACE: inject('temporalNamespace') };
  await runPact(['init', '.', '--person', 'ann', '--name', 'Stock taking'], { cwd: folder });
  const path = join(folder, 'pact.config.yaml');
  const queue = `cli-${process.pid}-${Date.now()}`;
  const config = await readFile(path, 'utf8');
  await writeFile(path, `${config}\ntaskQueues: { workflows: ${queue}, agents: ${queue}-agents }\n`);
});

afterEach(async () => {
  for (const each of running.splice(0)) {
    each.kill('SIGKILL');
    await each.ended;
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const pact = (...args: string[]): Promise<PactResult> => runPact(args, { cwd: folder, env });

function start(...args: string[]): PactProcess {
  const child = startPact(args, { cwd: folder, env });
  running.push(child);
  return child;
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const itemOf = (stdout: string, kind: string): string | undefined =>
  (JSON.parse(stdout) as { items: { itemId: string; kind: string }[] }[])[0]?.items.find((item) => item.kind === kind)?.itemId;

describe('run', () => {
  test('with --approve-as goes from authorization to the report and exits 0', async () => {
    const { code, stdout, stderr } = await pact('run', 'plan.yaml', '--approve-as', 'ann', '--id', 'approved');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/Authorizing as ann \(--approve-as\)/);
    expect(stdout).toMatch(/Signing off .* as ann with "(done|approve)"/);
    const path = stdout.match(/Report: (.+)/)?.[1] ?? '';
    expect(readFileSync(path, 'utf8')).toMatch(/ann: approve/);
    expect(await pact('report', 'approved', '--path')).toMatchObject({ code: 0, stdout: `${path}\n` });
    const report = await pact('report', 'approved', '--json');
    expect(JSON.parse(report.stdout)).toMatchObject({ executionId: 'approved', phase: 'completed' });
    const again = await pact('run', 'plan.yaml', '--approve-as', 'ann', '--id', 'approved');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/id "approved" exists already/) });
  });

  test('with --json prints one event a line, the last one with the path of the report', async () => {
    const { code, stdout } = await pact('run', 'plan.yaml', '--approve-as', 'ann', '--json');
    expect(code).toBe(0);
    const events = lines(stdout);
    expect(events[0]).toMatchObject({ type: 'started' });
    expect(events.at(-1)).toMatchObject({ type: 'end', phase: 'completed', report: expect.stringMatching(/report\.md$/) });
    expect(events.filter((event) => event['type'] === 'phase').map((event) => event['phase'])).toEqual(
      expect.arrayContaining(['awaitingAuthorization', 'completed']),
    );
    expect(readFileSync(String(events.at(-1)?.['report']), 'utf8')).toContain('completed');
  });

  test('with the name of nobody who may approve exits 4, and nothing was started', async () => {
    const { code, stderr } = await pact('run', 'plan.yaml', '--approve-as', 'eve', '--id', 'by-eve');
    expect(code).toBe(4);
    expect(stderr).toMatch(/Refused \(NotAnApprover\).*ann/);
  });

  test('refers to a plan that is too large for the input of a workflow, which is prepared and shown all the same', async () => {
    const tasks = Array.from({ length: 20 }, (_, n) => ({ id: `t${n}`, input: { text: 'x'.repeat(60_000) } }));
    const plan = { pact: 1, project: { name: 'Large' }, sprints: [{ id: 'only', tasks }] };
    await writeFile(join(folder, 'large.json'), JSON.stringify(plan));
    const { code, stdout, stderr } = await pact('run', 'large.json', '--approve-as', 'eve', '--id', 'large');
    expect(stderr).toMatch(/The plan takes 1\.1 MiB: it is referred to/);
    expect(stdout).toMatch(/20 tasks/);
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringMatching(/Refused \(NotAnApprover\)/) });
  });

  test('without a terminal prints the commands that decide and waits; a rejection ends it with exit 1', async () => {
    const run = start('run', 'plan.yaml', '--id', 'waiting');
    await run.waitFor(/Waiting for the authorization/);
    expect(run.stdout()).toMatch(/pact authorize waiting --as NAME --hash [0-9a-f]{64}/);
    expect(run.stdout()).toMatch(
      /temporal workflow update execute --workflow-id waiting --name authorize --input '\{"by":"NAME"/,
    );
    expect(await pact('authorize', 'waiting', '--as', 'ann')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--hash HASH/),
    });
    expect(await pact('authorize', 'waiting', '--as', 'ann', '--hash', '00')).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/WrongHash/),
    });
    expect(await pact('reject', 'waiting', '--as', 'ann', '--reason', 'not now')).toMatchObject({ code: 0 });
    expect(await run.ended).toMatchObject({ code: 1, stdout: expect.stringMatching(/rejected/) });
  });

  test('the first Ctrl-C leaves the execution and says how to come back, with exit 130; a worker then goes on with it', async () => {
    const run = start('run', 'plan.yaml', '--id', 'left');
    await run.waitFor(/Waiting for the authorization/);
    run.kill('SIGINT');
    const ended = await run.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toMatch(/left is kept, but the worker of this process ends with it/);
    expect(ended.stderr).toMatch(/pact watch left/);
    const status = await pact('status', 'left', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({ executionId: 'left', source: 'server', phase: 'awaitingAuthorization' });
    const worker = start('worker');
    await worker.waitFor(/Ctrl-C ends it/);
    expect(await pact('authorize', 'left', '--as', 'ann', '--yes')).toMatchObject({ code: 0 });
    const watch = start('watch', 'left');
    await watch.waitFor(/needs ann: owner/);
    const [item = ''] = (await pact('inbox', 'left', '--json')).stdout.match(/sign-off#\d+/) ?? [];
    expect(await pact('respond', 'left', item, 'approve', '--as', 'ann')).toMatchObject({ code: 0 });
    expect(await watch.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/Report: .+report\.md/) });
    worker.kill('SIGINT');
    expect((await worker.ended).code).toBe(0);
  });
});

describe('control', () => {
  test('start, status, inbox, pause, resume, stop, respond, report from other processes', async () => {
    const worker = start('worker');
    await worker.waitFor(/Ctrl-C ends it/);
    expect(await pact('start', 'plan.yaml', '--id', 'controlled', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/"workers": 1/),
    });
    const watch = start('watch', 'controlled', '--json');
    await watch.waitFor(/awaitingAuthorization/);
    const authorized = await pact('authorize', 'controlled', '--as', 'ann', '--yes', '--note', 'go');
    expect(authorized).toMatchObject({ code: 0, stdout: expect.stringMatching(/Approved controlled as ann: 1 of 1/) });
    await watch.waitFor(/"itemId":"sign-off#1"/);
    expect(await pact('pause', 'controlled', '--as', 'ann', '--reason', 'lunch')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/paused/),
    });
    const paused = await pact('status', 'controlled');
    expect(paused.stdout).toMatch(/paused \(.*ann.*\)/);
    expect(await pact('resume', 'controlled', '--as', 'ann')).toMatchObject({ code: 0 });
    expect(await pact('stop', 'controlled', '--as', 'ann', '--reason', 'drill')).toMatchObject({ code: 0 });
    await watch.waitFor(/"phase":"stopped"/);
    expect((await pact('report', 'controlled')).stdout).toMatch(/^# Stock taking/);
    expect(await pact('resume', 'controlled', '--as', 'ann')).toMatchObject({ code: 0 });
    await watch.waitFor(/"itemId":"sign-off#2"/);
    const inbox = await pact('inbox', '--json');
    expect(itemOf(inbox.stdout, 'humanTask') ?? inbox.stdout).toContain('sign-off#2');
    expect(await pact('respond', 'controlled', 'sign-off#2', 'nonsense', '--as', 'ann')).toMatchObject({ code: 4 });
    expect(await pact('respond', 'controlled', 'sign-off#9', 'approve', '--as', 'ann')).toMatchObject({ code: 4 });
    expect(await pact('respond', 'controlled', 'sign-off#2', 'approve', '--as', 'ann', '--data', '{')).toMatchObject({ code: 2 });
    expect(await pact('respond', 'controlled', 'sign-off#2', 'reject', '--as', 'ann')).toMatchObject({ code: 0 });
    const ended = await watch.ended;
    expect(ended.code).toBe(1);
    expect(lines(ended.stdout).at(-1)).toMatchObject({ type: 'end', executionId: 'controlled', phase: 'failed' });
    expect(await pact('pause', 'controlled', '--as', 'ann')).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/has ended/),
    });
    expect((await pact('status')).stdout).toMatch(/controlled +Stock taking +failed/);
  });

  test('an id that nobody knows exits 2 and says where it was looked for', async () => {
    for (const args of [
      ['status', 'nobody'],
      ['watch', 'nobody'],
      ['authorize', 'nobody', '--as', 'ann', '--yes'],
    ]) {
      expect(await pact(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(/No execution "nobody" in namespace/) });
    }
  });

  test('without a worker a message says what is missing with exit 3, and a stop is left for the next one', async () => {
    await pact('start', 'plan.yaml', '--id', 'lonely', '--task-queue', `nobody-${Date.now()}`);
    expect(await pact('status', 'lonely')).toMatchObject({ code: 0, stdout: expect.stringMatching(/From the server's records/) });
    expect(await pact('pause', 'lonely', '--as', 'ann')).toMatchObject({ code: 3, stderr: expect.stringMatching(/pact worker/) });
    expect(await pact('stop', 'lonely', '--as', 'ann')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Left the stop/),
    });
  });
});

describe('doctor', () => {
  test('says of each thing whether it is well and what to do, and exits 1 when something is not', async () => {
    const { code, stdout } = await pact('doctor', '--json');
    const checks = JSON.parse(stdout) as { name: string; ok: boolean | null; remedy: string | null }[];
    const byName = new Map(checks.map((check) => [check.name, check]));
    expect(byName.get('server')?.ok).toBe(true);
    expect(byName.get('search attributes')?.ok).toBe(true);
    expect(byName.get('config')?.ok).toBe(true);
    expect(byName.get('agent inventory: program')?.ok).toBe(true);
    expect(byName.get('emergency stop')?.ok).toBe(true);
    expect(code).toBe(checks.every((check) => check.ok) ? 0 : 1);
    expect(byName.get('worker')).toMatchObject({ ok: false, remedy: expect.stringMatching(/pact worker/) });
  });
});
