import { describe, expect, test } from 'vitest';
import { NoServerError } from '../../src/client/errors.ts';
import { projectNameOf } from '../../src/client/start.ts';
import { visibilityQuery } from '../../src/client/listing.ts';
import { toServerStatus } from '../../src/client/status-answer.ts';
import type { StatusAnswer } from '../../src/client/status-answer.ts';
import { observe } from '../../src/client/watch.ts';
import type { WatchSource } from '../../src/client/watch.ts';
import { changesBetween } from '../../src/client/watch-event.ts';
import { isLivePoller } from '../../src/client/worker-presence.ts';

type WorkflowAnswer = Extract<StatusAnswer, { source: 'workflow' }>;

const base: WorkflowAnswer = {
  source: 'workflow',
  executionId: 'x',
  project: 'p',
  phase: 'running',
  reason: null,
  planHash: 'h',
  progressPercentage: 0,
  forecastCompletion: null,
  sprints: [],
  agents: [],
  alerts: [],
  inbox: [],
  tasks: { total: 1, waiting: 1, running: 0, blocked: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 },
  coordination: { checkpoints: [], leases: [], inactiveAgents: [], drained: null },
};
const alert = { id: 'a', kind: 'timeline', text: 'late', since: '2026-12-01T10:00:00Z' } as const;

describe('changes between two answers', () => {
  test('the same answer twice changes nothing', () => expect(changesBetween(base, { ...base })).toEqual([]));

  test('the first answer tells everything that is there', () => {
    const types = changesBetween(null, { ...base, alerts: [alert] }).map((event) => event.type);
    expect(types).toEqual(['phase', 'alert', 'progress']);
  });

  test('an alert is raised once and cleared once', () => {
    const raised = { ...base, alerts: [alert] };
    expect(changesBetween(base, raised)).toMatchObject([{ type: 'alert', state: 'raised' }]);
    expect(changesBetween(raised, base)).toMatchObject([{ type: 'alert', state: 'cleared' }]);
  });

  test('two tasks of one agent are two lines', () => {
    const status = {
      agent_id: 'b',
      status: 'working',
      estimated_completion: null,
      blocking_issues: [],
      next_coordination_point: null,
      outputs_ready: [],
    } as const;
    const first = { ...status, current_task: 'one', progress_percentage: 1 };
    const second = { ...status, current_task: 'two', progress_percentage: 1 };
    const before = { ...base, agents: [first, second] };
    const after = { ...base, agents: [first, { ...second, progress_percentage: 9 }] };
    expect(changesBetween(before, after)).toMatchObject([{ type: 'agent', agent: { current_task: 'two' } }]);
  });

  test('a worker that goes and comes is told both times', () => {
    const gone = toServerStatus(
      {
        executionId: 'x',
        workflowType: 'execution',
        serverStatus: 'RUNNING',
        taskQueue: 'pact',
        startedAt: '',
        closedAt: null,
        historyLength: 1,
        phase: 'running',
        project: 'p',
        needsPerson: false,
        planHash: null,
        memo: {},
        attempts: [],
      },
      null,
      'no worker',
    );
    expect(changesBetween(base, gone)).toMatchObject([{ type: 'source', source: 'server', why: 'no worker' }]);
    expect(changesBetween(gone, base)[0]).toMatchObject({ type: 'source', source: 'workflow' });
  });
});

describe('observing', () => {
  const never = new Promise<never>(() => {});
  const sourceOf = (answers: readonly (WorkflowAnswer | Error)[], closed: Promise<unknown> = never) => {
    const looks = { count: 0 };
    const source: WatchSource = {
      status: async () => {
        const answer = answers[Math.min(looks.count++, answers.length - 1)] ?? base;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      decisions: async () => ({ items: [], total: 0, nextOffset: null }),
      closed,
    };
    return { source, looks };
  };

  test('only looks with changes are yielded, and a final phase ends it', async () => {
    const { source, looks } = sourceOf([base, base, base, { ...base, phase: 'completed' }]);
    const seen = [];
    for await (const { answer } of observe(source, { intervalMs: 1 })) seen.push(answer.phase);
    expect(seen).toEqual(['running', 'completed']);
    expect(looks.count).toBe(4);
  });

  test('a server that is away is reported and waited for', async () => {
    const { source } = sourceOf([base, new NoServerError('gone'), { ...base, phase: 'completed' }]);
    const troubles: string[] = [];
    for await (const _ of observe(source, { intervalMs: 1, onTrouble: (error) => troubles.push(error.message) })) void _;
    expect(troubles).toEqual(['gone']);
  });

  test('any other error is thrown', async () => {
    const { source } = sourceOf([new Error('broken')]);
    await expect(observe(source).next()).rejects.toThrow('broken');
  });

  test('an execution that closes is looked at once more at once, whatever phase it told last', async () => {
    let close: () => void = () => {};
    const { source, looks } = sourceOf([base], new Promise<void>((resolve) => (close = resolve)));
    const seen = [];
    for await (const each of observe(source, { intervalMs: 3_600_000 })) {
      seen.push(each);
      close();
    }
    expect(seen).toHaveLength(1);
    expect(looks.count).toBe(2);
  });
});

describe('a plan as written', () => {
  test.each([[null], [{}], [{ project: 1 }], [{ project: { name: 2 } }], ['text'], [[]]])('%j has no project', (plan) => {
    expect(projectNameOf(plan)).toBeNull();
  });
});

describe('pollers', () => {
  const facts = { now: 1_000_000, host: 'here', isProcessAlive: (pid: number) => pid === 7 };

  test.each([
    ['a process of this host that lives', { identity: '7@here', lastSeen: 999_000 }, true],
    ['a process of this host that is dead', { identity: '8@here', lastSeen: 999_000 }, false],
    ['a process of another host, seen lately', { identity: '8@there', lastSeen: 999_000 }, true],
    ['one that has not polled for long', { identity: '7@here', lastSeen: 900_000 }, false],
    ['one with an identity of its own', { identity: 'worker-blue', lastSeen: 999_000 }, true],
  ])('%s', (_, poller, expected) => expect(isLivePoller(poller, facts)).toBe(expected));
});

test('a list filter in the syntax of the server', () => {
  expect(visibilityQuery({})).toBe("WorkflowType = 'execution'");
  expect(visibilityQuery({ needsPerson: true })).toBe(
    "WorkflowType = 'execution' AND PactNeedsPerson = true AND ExecutionStatus = 'Running'",
  );
});
