import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import type { MockActivityEnvironment } from '@temporalio/testing';
import { expect } from 'vitest';
import type { AttemptFailure, PerformTaskInput, PerformTaskResult } from '../../src/domain/attempt.ts';
import type { JsonObject } from '../../src/domain/plan/plan.ts';
import { commandAgent, createEnvironment, createFixture, type Fixture, type GivenTask } from './attempt-fixture.ts';

/** Does what the task's input says; `steps` are run in order. */
export const AGENT = `
import { mkdirSync, writeFileSync, readFileSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const request = JSON.parse((await lines.next()).value);
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
for (const step of request.task.input.steps ?? []) {
  for (const file of [step.write, step.copyInput, step.answer]) if (file) mkdirSync(dirname(file), { recursive: true });
  if (step.write) writeFileSync(step.write, step.text ?? '');
  if (step.dump) writeFileSync(step.dump, JSON.stringify({ request, env: process.env, cwd: process.cwd() }));
  if (step.copyInput) writeFileSync(step.copyInput, readFileSync(request.inputs[0].path));
  if (step.say) say(step.say);
  if (step.print) console.log(step.print);
  if (step.pid) writeFileSync(step.pid, String(process.pid));
  if (step.answer) writeFileSync(step.answer, (await lines.next()).value);
  if (step.awaitFile) while (!existsSync(step.awaitFile)) await new Promise((r) => setTimeout(r, 20));
  if (step.ignoreTerm) process.on('SIGTERM', () => {});
  if (step.grandchild) writeFileSync(step.grandchild, String(spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).pid));
  if (step.hang) await new Promise(() => setInterval(() => {}, 1000));
  if (step.exit !== undefined) process.exit(step.exit);
}
process.exit(0);
`;

type Change = Partial<Omit<PerformTaskInput, 'task'>> & { readonly task?: GivenTask };

export interface ScriptedAttempts {
  readonly fixture: Fixture;
  /** An input with the next attempt number for an agent that does these steps. */
  toInput(steps: readonly JsonObject[], change?: Change): Promise<PerformTaskInput>;
  perform(input: PerformTaskInput, env?: MockActivityEnvironment): Promise<PerformTaskResult>;
  /** Where the attempt's workspace is or was. */
  workspaceOf(attempt: number): string;
}

export const deliverables = [{ id: 'code', path: 'src/a.txt' }];

/** A worker whose agents `builder` (reads one line) and `talker` (a stream) do what their task says. */
export async function createScriptedAttempts(): Promise<ScriptedAttempts> {
  const fixture = await createFixture((baseDir) => {
    const run = [process.execPath, join(baseDir, 'agents/agent.mjs')];
    const check = (id: string, source: string, timeoutMs = 20_000) => ({
      id,
      run: [process.execPath, '-e', source],
      timeoutMs,
      env: {},
    });
    return {
      agents: [
        commandAgent('builder', run),
        commandAgent('talker', run, { input: 'stream' }),
        { ...commandAgent('ann', []), adapter: { kind: 'human', people: null, withinMs: 1, otherwise: 'fail' } },
      ],
      checks: [
        check('passes', 'console.log("fine in " + process.cwd()); require("fs").statSync("a.txt")'),
        check('fails', 'console.error("2 tests failed"); process.exit(3)'),
        check('hangs', 'console.log("started"); setInterval(() => {}, 1000)', 400),
        { id: 'missing', run: ['/no/such/program'], timeoutMs: 1_000, env: {} },
      ],
    };
  });
  await fixture.program('agent.mjs', AGENT);
  let attempts = 0;
  return {
    fixture,
    async toInput(steps, { task, ...change } = {}) {
      attempts += 1;
      return await fixture.input({ attempt: attempts, ...change }, { input: { steps }, ...task });
    },
    perform: async (input, env = createEnvironment().env) =>
      (await env.run<[PerformTaskInput], object, (input: PerformTaskInput) => Promise<object>>(
        fixture.activities.agentActivities.performTask,
        input,
      )) as PerformTaskResult,
    workspaceOf: (attempt) => join(fixture.baseDir, '.pact/workspaces/pact-1/lexer', String(attempt)),
  };
}

/** The failure of a run that must fail, and the `AttemptFailure` that is its only detail. */
export async function failureOf(run: Promise<unknown>): Promise<{ failure: ApplicationFailure; detail: AttemptFailure }> {
  const failure = await run.then(
    () => expect.unreachable('expected a failure'),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ApplicationFailure);
  const application = failure as ApplicationFailure;
  expect(application.nonRetryable).toBe(true);
  expect(application.details).toHaveLength(1);
  return { failure: application, detail: application.details?.[0] as AttemptFailure };
}
