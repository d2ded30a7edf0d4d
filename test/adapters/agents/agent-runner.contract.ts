import { expect, test } from 'vitest';
import type { AgentRunner } from '../../../src/adapters/agents/agent-runner.ts';
import type { TestRun } from './agent-harness.ts';

/** What each kind of agent must offer to go through the contract: one attempt per behaviour. */
export interface AgentRunnerContract {
  readonly createRunner: () => AgentRunner;
  /** Reports progress, names the output `code`, ends well with the summary `done`. */
  readonly succeeds: () => TestRun;
  /** Fails by itself. */
  readonly fails: () => TestRun;
  /** Reports `working` with some progress, then never moves again; its stall limit is far away. */
  readonly hangs: () => TestRun;
  /** The same with a stall limit of less than a second. */
  readonly stalls: () => TestRun;
  /** Cannot even begin. */
  readonly cannotStart: () => TestRun;
}

const FIELDS = [
  'agent_id',
  'blocking_issues',
  'current_task',
  'estimated_completion',
  'next_coordination_point',
  'outputs_ready',
  'progress_percentage',
  'status',
];

/** Every `AgentRunner` keeps this; call it inside a `describe`. */
export function testAgentRunner(contract: AgentRunnerContract): void {
  test('an agent that ends well gives its summary, outputs and a completed status', async () => {
    const agent = contract.succeeds();
    const outcome = await contract.createRunner().start(agent.run).outcome;
    expect(outcome).toMatchObject({ ok: true, summary: 'done', lastStatus: { status: 'completed', progress_percentage: 100 } });
    expect(agent.reports.length).toBeGreaterThan(0);
    for (const { status } of agent.reports) {
      expect(Object.keys(status).toSorted()).toEqual(FIELDS);
      expect(status.agent_id).toBe(agent.run.request.agent_id);
      expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThanOrEqual(1_024);
    }
    expect(agent.reports.some(({ urgent, status }) => urgent && status.outputs_ready.includes('code'))).toBe(true);
  });

  test('an agent that fails ends as a failure with cause agent, never as a rejected promise', async () => {
    const outcome = await contract.createRunner().start(contract.fails().run).outcome;
    expect(outcome).toMatchObject({
      ok: false,
      failure: { cause: 'agent', type: 'AgentError' },
      lastStatus: { status: 'error' },
    });
  });

  test('aborting ends a hanging agent with cause stopped', async () => {
    const agent = contract.hangs();
    const running = contract.createRunner().start(agent.run);
    await agent.reported(({ status }) => status.progress_percentage > 0);
    agent.abort();
    expect(await running.outcome).toMatchObject({ ok: false, failure: { cause: 'stopped' } });
    expect(running.send({ pact: 'message' })).toBe(false);
  });

  test('an attempt that is aborted before its start never begins', async () => {
    const agent = contract.hangs();
    agent.abort();
    const outcome = await contract.createRunner().start(agent.run).outcome;
    expect(outcome).toMatchObject({ ok: false, failure: { cause: 'stopped' }, durationMs: 0 });
    expect(agent.reports).toEqual([]);
  });

  test('an agent without output and progress is stalled, and the failure says for how long', async () => {
    const outcome = await contract.createRunner().start(contract.stalls().run).outcome;
    expect(outcome).toMatchObject({ ok: false, failure: { cause: 'stalled', type: 'AgentError', retryable: true } });
    if (!outcome.ok) expect(outcome.failure.message).toMatch(/for \d+ ms \(limit \d+ ms\); the last at \d{4}-/);
  });

  test('a time budget that is used up ends the attempt as BudgetExceeded', async () => {
    const agent = contract.hangs();
    const run = { ...agent.run, deadlineAt: Date.now() + 400 };
    const outcome = await contract.createRunner().start(run).outcome;
    expect(outcome).toMatchObject({ ok: false, failure: { cause: 'timeBudget', type: 'BudgetExceeded' } });
  });

  test('an agent that cannot start is a failure that another attempt does not cure', async () => {
    const outcome = await contract.createRunner().start(contract.cannotStart().run).outcome;
    expect(outcome).toMatchObject({
      ok: false,
      failure: { cause: 'agent', type: 'AgentError', retryable: false, exitCode: null },
    });
  });
}
