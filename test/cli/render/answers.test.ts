import { describe, expect, test } from 'vitest';
import { checkLines } from '../../../src/cli/render/check-lines.ts';
import { authorizationLines } from '../../../src/cli/render/authorization-text.ts';
import { displayWidth } from '../../../src/cli/render/display-width.ts';
import { eventLine } from '../../../src/cli/render/event-line.ts';
import { firstPositiveOption, isAllowed, itemLines } from '../../../src/cli/render/inbox-text.ts';
import { liveFrame } from '../../../src/cli/render/live-table.ts';
import { authorizeCommands, pactCommand, temporalCommand } from '../../../src/cli/render/next-commands.ts';
import { noPaint } from '../../../src/cli/render/paint.ts';
import { statusLines } from '../../../src/cli/render/status-text.ts';
import type { StatusAnswer } from '../../../src/client/status-answer.ts';
import type { AgentStatus } from '../../../src/domain/agent-status.ts';
import type { AuthorizationView, InboxItem } from '../../../src/domain/views.ts';

const now = new Date('2026-12-01T10:00:00Z');
const view = { paint: noPaint, width: 100, now };

const agent = (id: string, more: Partial<AgentStatus> = {}): AgentStatus => ({
  agent_id: id,
  status: 'working',
  current_task: 'lexer',
  progress_percentage: 40,
  estimated_completion: null,
  blocking_issues: [],
  next_coordination_point: null,
  outputs_ready: [],
  ...more,
});

const item: InboxItem = {
  itemId: 'sign-off#1',
  kind: 'humanTask',
  title: 'Sign off',
  question: 'Is it right?',
  options: ['approve', 'reject'],
  people: ['ann', 'bo'],
  since: '2026-12-01T09:58:00Z',
  deadline: '2026-12-01T11:00:00Z',
  otherwise: 'the task fails',
  sprint: 's',
  task: 'sign-off',
};

const running: Extract<StatusAnswer, { source: 'workflow' }> = {
  source: 'workflow',
  executionId: 'pact-x',
  project: 'Parser',
  phase: 'running',
  reason: null,
  planHash: 'c0ffee',
  progressPercentage: 50,
  forecastCompletion: '2026-12-01T10:12:00Z',
  sprints: [],
  alerts: [],
  inbox: [item],
  tasks: { total: 4, waiting: 1, running: 1, blocked: 0, done: 2, failed: 0, cancelled: 0, skipped: 0 },
  agents: [agent('builder'), agent('tester', { status: 'blocked', blocking_issues: ['no bench machine'] })],
  coordination: {
    checkpoints: [{ id: 'freeze', sprint: 's', state: 'passed' }],
    leases: [{ resource: 'bench', task: 'bench-it', mode: 'exclusive', token: 3 }],
    inactiveAgents: ['scribe'],
    drained: { done: 2, of: 3 },
  },
};

const serverOnly: StatusAnswer = {
  source: 'server',
  why: 'No worker answered',
  executionId: 'pact-x',
  project: 'Parser',
  phase: 'running',
  reason: null,
  planHash: null,
  serverStatus: 'RUNNING',
  needsPerson: true,
  startedAt: '2026-12-01T09:00:00Z',
  closedAt: null,
  memo: {},
  agents: [agent('builder')],
};

describe('status', () => {
  test('shows phase, progress, forecast, agents with what blocks them, checkpoints, leases, drain and the inbox', () => {
    const text = statusLines(running, view).join('\n');
    for (const part of [
      'Parser  running',
      '50%',
      '2 of 4 done, 1 running, 1 waiting',
      'done in 12 min',
      'no bench machine',
      'freeze passed',
    ]) {
      expect(text).toContain(part);
    }
    for (const part of ['bench by bench-it (exclusive)', 'scribe', 'drained 2 of 3', 'sign-off#1  Sign off', 'for ann, bo']) {
      expect(text).toContain(part);
    }
  });

  test('with no worker it says that it is only what the server knows, and why', () => {
    const text = statusLines(serverOnly, view).join('\n');
    expect(text).toContain("From the server's records");
    expect(text).toContain('No worker answered');
    expect(text).toContain('Waits for a person');
    expect(text).toContain('builder');
  });
});

describe('live frame', () => {
  const many = { ...running, agents: Array.from({ length: 60 }, (_, n) => agent(`agent-${n}`)) };

  test.each([5, 10, 24, 80])('is never higher than %d lines', (height) => {
    expect(liveFrame(many, view, height).length).toBeLessThanOrEqual(height);
  });

  test('says how many agents there was no room for', () => {
    expect(liveFrame(many, view, 20).join('\n')).toMatch(/and \d+ more/);
  });

  test.each([60, 80, 200])('is never wider than %d columns where its fixed columns fit', (width) => {
    const table = liveFrame(many, { ...view, width }, 30).filter((line) => line.startsWith('agent-'));
    expect(Math.max(...table.map(displayWidth))).toBeLessThanOrEqual(width);
  });

  test('leaves out agents that are done', () => {
    const frame = liveFrame({ ...running, agents: [agent('done', { status: 'completed' })] }, view, 24).join('\n');
    expect(frame).not.toContain('lexer');
  });
});

describe('events as lines', () => {
  test.each([
    [{ type: 'phase', executionId: 'x', phase: 'stopped', reason: 'by ann' }, 'stopped: by ann'],
    [{ type: 'sprint', executionId: 'x', sprint: 'core', phase: 'waiting' }, 'sprint core: waiting'],
    [{ type: 'agent', executionId: 'x', agent: agent('builder') }, 'builder: working 40%  lexer'],
    [{ type: 'inbox', executionId: 'x', state: 'opened', item }, 'needs ann, bo: Sign off [sign-off#1]'],
    [
      { type: 'checkpoint', executionId: 'x', sprint: 's', checkpoint: 'freeze', state: 'gathering' },
      'checkpoint freeze: gathering',
    ],
    [{ type: 'decision', executionId: 'x', decision: { at: '', event: 'e', text: 'two\nlines', data: {} } }, 'two lines'],
    [{ type: 'source', executionId: 'x', source: 'server', why: 'none' }, 'only the server answers: none'],
    [{ type: 'phase', executionId: 'x', phase: null, reason: null }, 'phase unknown'],
  ] as const)('%o', (event, expected) => expect(eventLine(event, view)).toContain(expected));
});

describe('inbox', () => {
  test('an item says what is asked, of whom, until when and what silence means', () => {
    const text = itemLines(item, view).join('\n');
    for (const part of [
      'Is it right?',
      'ann, bo',
      'approve, reject',
      'asked 2 min ago',
      'due in 1 h',
      'without an answer: the task fails',
    ])
      expect(text).toContain(part);
  });

  test('an item shows what is done while it waits', () => {
    expect(itemLines({ ...item, measures: ['less is started'] }, view).join('\n')).toContain('measure: less is started');
  });

  test('an item whose decisions take data shows an example of each', () => {
    const takes = { reassign: ['bo', 'cy'], extend: ['attempts'], change: ['estimate'], topUp: ['tokens'] } as const;
    const text = itemLines({ ...item, kind: 'escalation', takes }, view).join('\n');
    expect(text).toContain(
      `reassign --data '{"agent":"bo" or "cy"}'; extend --data '{"attempts":1}'; topUp --data '{"tokens":50000}'`,
    );
    expect(text).toContain(`change --data '{"estimate":"1h"}'`);
    expect(itemLines(item, view).join('\n')).not.toContain('--data');
  });

  test.each([
    [['reject', 'approve'], 'approve'],
    [['Rework', 'Sign-off'], 'Sign-off'],
    [['no', 'YES'], 'YES'],
    [['disapprove', 'not done'], null],
    [['red', 'blue'], null],
    [[], null],
  ])('of %j the first that agrees is %s', (options, expected) => expect(firstPositiveOption(options)).toBe(expected));

  test('who may answer', () => {
    expect(isAllowed(item, 'ann')).toBe(true);
    expect(isAllowed(item, 'eve')).toBe(false);
    expect(isAllowed({ ...item, people: 'anyone' }, 'eve')).toBe(true);
  });
});

describe('authorization', () => {
  const authorization: AuthorizationView = {
    phase: 'awaitingAuthorization',
    planHash: 'c0ffee',
    required: 2,
    approvers: ['ann', 'bo'],
    rejection: null,
    approvals: [{ by: 'ann', at: '2026-12-01T09:59:00Z', signed: false, note: 'fine' }],
    refusals: [{ type: 'WrongHash', message: 'expected c0ffee', by: 'eve', at: '2026-12-01T09:59:30Z' }],
    expiresAt: '2026-12-01T11:00:00Z',
    review: '# Parser',
    report: null,
    readiness: [{ name: 'agent builder', ok: false, detail: 'no such program' }],
    checklist: { planReviewed: false, explicitPermission: false, documented: false, emergencyStopActive: true },
  };

  test('shows the review, what is not ready, approvals, refusals and the hash', () => {
    const text = authorizationLines(authorization, view).join('\n');
    for (const part of [
      '# Parser',
      'no such program',
      '1 of 2 needed, from ann, bo',
      'Expires in 1 h',
      'approved by ann 1 min ago: fine',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain('refused eve: expected c0ffee');
    expect(text).toContain('Plan hash: c0ffee');
  });
});

describe('commands to copy', () => {
  const target = { executionId: 'pact-x', address: 'localhost:7233', namespace: 'default', isDefault: true };
  const elsewhere = { executionId: 'my plan', address: 'temporal:7233', namespace: 'ops', isDefault: false };

  test('leave out the server where it is found without', () => {
    expect(pactCommand(target, 'stop', '--as', 'ann')).toBe('pact stop pact-x --as ann');
    expect(temporalCommand(target, 'signal', 'resume', { by: 'ann' })).toBe(
      `temporal workflow signal --workflow-id pact-x --name resume --input '{"by":"ann"}'`,
    );
  });

  test('name the server and quote what must be quoted elsewhere', () => {
    expect(pactCommand(elsewhere, 'status')).toBe(`pact status 'my plan' --address temporal:7233 --namespace ops`);
    expect(temporalCommand(elsewhere, 'update', 'resume', { by: "o'neil" })).toBe(
      `temporal workflow update execute --workflow-id 'my plan' --name resume --input '{"by":"o'\\''neil"}' --address temporal:7233 --namespace ops`,
    );
  });

  test('an authorization is printed for both tools, with the hash', () => {
    const text = authorizeCommands(target, 'c0ffee').join('\n');
    expect(text).toContain('pact authorize pact-x --as NAME --hash c0ffee');
    expect(text).toContain('temporal workflow update execute --workflow-id pact-x --name authorize');
    expect(text).toContain('"planHash":"c0ffee","reviewed":true,"emergencyStopUnderstood":true');
  });
});

test('doctor: each line says ok, not or unknown, and what to do', () => {
  const lines = checkLines(
    [
      { name: 'Node', ok: true, detail: '20', remedy: null },
      { name: 'server', ok: false, detail: 'none', remedy: 'pact up' },
      { name: 'worker', ok: null, detail: 'not known', remedy: null },
    ],
    noPaint,
  );
  expect(lines).toEqual(['ok   Node: 20', 'not  server: none', '     → pact up', '?    worker: not known']);
});
