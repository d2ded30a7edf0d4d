import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AgentStatus } from '../../../src/domain/agent-status.ts';
import { projectCompletion, projectTotalMs, slipLevel, type Pace } from '../../../src/adapters/agents/forecast.ts';
import { createLineSplitter } from '../../../src/adapters/agents/line-splitter.ts';
import { parseLine, type ParsedLine } from '../../../src/adapters/agents/protocol.ts';
import { boundStatus } from '../../../src/adapters/agents/status-bound.ts';
import { judge, nextLookMs, type Watched } from '../../../src/adapters/agents/supervision.ts';
import { answerQuestion, initialTranscript, readLine, type Transcript } from '../../../src/adapters/agents/transcript.ts';

const parse = (value: unknown): ParsedLine => parseLine(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
const seed = Date.now() % 2 ** 31;
const seeded = { seed };
console.log(`protocol.test.ts: fast-check seed ${seed}`);

test.each(['plain', '[]', '{}', '{"a":"pact"}', '"pact"', '{"a":{"pact":"status"}}', '{"a": "pact"', 'null'])(
  'log: %s',
  (line) => {
    expect(parse(line)).toEqual({ kind: 'log' });
  },
);

test.each([
  ['{"pact":"status"', 'not valid JSON'],
  ['{"pact":7}', 'found 7'],
  ['{"pact":"question","id":"q"}', 'text: '],
  ['{"pact":"question","id":"","text":"?"}', 'id: '],
  ['{"pact":"result","outputs":[{"path":"x"}]}', 'outputs.0.deliverable: '],
  ['{"pact":"result","usage":{"tokens":-1}}', 'usage.tokens: '],
  ['{"pact":"error"}', 'message: '],
])('invalid: %s', (line, problem) => {
  expect(parse(line)).toMatchObject({ kind: 'invalid', problem: expect.stringContaining(problem) });
});

test('status: progress is clamped, times become UTC, lists and texts are bounded, null empties a list, ids are ignored', () => {
  const fields = (line: object): object => {
    const parsed = parse({ pact: 'status', ...line });
    return parsed.kind === 'status' ? parsed.fields : parsed;
  };
  expect(fields({ progress_percentage: 120, agent_id: 'other', task: 't' })).toEqual({ progress_percentage: 100 });
  expect(fields({ progress_percentage: -3 })).toEqual({ progress_percentage: 0 });
  expect(fields({ estimated_completion: '2026-12-01T12:00:00+02:00' })).toEqual({
    estimated_completion: '2026-12-01T10:00:00.000Z',
  });
  expect(fields({ blocking_issues: null, current_task: null })).toEqual({ blocking_issues: [], current_task: null });
  const { blocking_issues } = fields({ blocking_issues: Array.from({ length: 50 }, () => 'x'.repeat(500)) }) as AgentStatus;
  expect(blocking_issues.map((issue) => issue.length)).toEqual(Array.from({ length: 20 }, () => 200));
  expect(fields({ current_task: 'a\u001b[31mb' })).toEqual({ current_task: 'a [31mb' });
});

test('splitter: however the output is cut into chunks, the same lines come out', () => {
  const line = fc.oneof(fc.constantFrom('', '{"pact":1}', ' {"x":2}', 'word', '{', '{{{{{{{{{{{{{{{{{{{{{{{{'), fc.string());
  const texts = fc.array(
    line.map((text) => text.replaceAll('\n', '')),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(texts, fc.array(fc.nat(60)), (lines, cuts) => {
      const bytes = Buffer.from(lines.join('\n'));
      const seen = (chunks: readonly Buffer[]): readonly string[] => {
        const out: string[] = [];
        const splitter = createLineSplitter({
          maxLineBytes: 20,
          onCandidate: (found) => out.push(found.toString()),
          onLog: () => {},
          onOverlong: () => out.push('overlong'),
        });
        for (const chunk of chunks) splitter.push(chunk);
        splitter.end();
        return out;
      };
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(seen(chunks)).toEqual(seen([bytes]));
      const wholes = lines.filter((text) => /^[ \t\r\uFEFF]*\{/.test(text));
      expect(seen([bytes])).toHaveLength(wholes.length);
    }),
    seeded,
  );
});

test('bound: any status fits into 1 KiB and keeps its id, state and progress', () => {
  const text = fc.string({ maxLength: 200, unit: 'grapheme' });
  const status = fc.record({
    agent_id: fc.constant('builder'),
    status: fc.constantFrom<AgentStatus['status']>('working', 'blocked'),
    current_task: fc.option(text),
    progress_percentage: fc.nat(100),
    estimated_completion: fc.constant('2026-12-01T10:00:00.000Z'),
    blocking_issues: fc.array(text, { maxLength: 20 }),
    next_coordination_point: fc.option(text),
    outputs_ready: fc.array(fc.constant('x'.repeat(128)), { maxLength: 20 }),
  });
  fc.assert(
    fc.property(status, (value) => {
      const bounded = boundStatus(value);
      expect(Buffer.byteLength(JSON.stringify(bounded))).toBeLessThanOrEqual(1_024);
      expect(bounded).toMatchObject({
        agent_id: 'builder',
        status: value.status,
        progress_percentage: value.progress_percentage,
      });
      if (Buffer.byteLength(JSON.stringify(value)) <= 1_024) expect(bounded).toEqual(value);
    }),
    seeded,
  );
});

const told = (...lines: readonly object[]): Transcript =>
  lines.reduce<Transcript>(
    (transcript, line) => {
      const parsed = parse(line);
      if (parsed.kind === 'log' || parsed.kind === 'invalid')
        throw new Error(`Not a line of the protocol: ${JSON.stringify(line)}`);
      return readLine(transcript, parsed).transcript;
    },
    initialTranscript('builder', 'title'),
  );

test('transcript: the last of each field is kept, and two questions are answered one by one', () => {
  const blocked = told(
    { pact: 'status', progress_percentage: 10, current_task: 'one' },
    { pact: 'status', progress_percentage: 20 },
    { pact: 'question', id: 'a', text: 'A?' },
    { pact: 'question', id: 'b', text: 'B?' },
    { pact: 'question', id: 'b', text: 'again?' },
  );
  expect(blocked.status).toMatchObject({
    status: 'blocked',
    progress_percentage: 20,
    current_task: 'one',
    blocking_issues: ['A?', 'B?'],
  });
  const half = answerQuestion(blocked, 'a');
  expect(half).toMatchObject({ status: { status: 'blocked' }, openQuestions: [{ id: 'b' }] });
  expect(answerQuestion(half, 'b')).toMatchObject({ status: { status: 'working', blocking_issues: [] }, openQuestions: [] });
  expect(answerQuestion(blocked, 'unknown')).toEqual(blocked);
});

test('transcript: blocked, error, unblocked and new outputs are urgent; progress alone is not', () => {
  const steps = [
    [{ status: 'working', progress_percentage: 5 }, false],
    [{ status: 'blocked' }, true],
    [{ status: 'blocked', blocking_issues: ['disk'] }, false],
    [{ status: 'working' }, true],
    [{ outputs_ready: ['code'] }, true],
    [{ outputs_ready: ['code'] }, false],
    [{ status: 'error' }, true],
  ] as const;
  let transcript = told();
  for (const [fields, urgent] of steps) {
    const effect = readLine(transcript, { kind: 'status', fields: { ...fields } as never, problems: [] });
    expect(effect.urgent, JSON.stringify(fields)).toBe(urgent);
    transcript = effect.transcript;
  }
  const later = readLine(transcript, {
    kind: 'status',
    fields: { estimated_completion: '2030-01-01T00:00:00.000Z' },
    problems: [],
  });
  expect(later).toMatchObject({ changed: true, moved: false });
});

const pace = (more: Partial<Pace>): Pace => ({
  startedAt: 0,
  now: 1_000,
  estimateMs: 1_000,
  progress: 0,
  agentSays: null,
  ...more,
});

test('forecast: by rate, by the agent, by the time that has passed, whichever is latest', () => {
  expect(projectTotalMs(pace({ progress: 25 }))).toBe(4_000);
  expect(projectTotalMs(pace({ progress: 25, agentSays: 9_000 }))).toBe(9_000);
  expect(projectTotalMs(pace({ progress: 0 }))).toBe(1_000);
  expect([1, 1.5, 1.6, 2.3, 3.5].map((factor) => slipLevel(pace({ now: factor * 1_000 })))).toEqual([0, 0, 1, 2, 3]);
  expect(slipLevel(pace({ estimateMs: 0 }))).toBe(0);
  expect(projectCompletion(pace({ progress: 50 }))).toBe(2_000);
  expect(projectCompletion(pace({ now: 500 }))).toBe(1_000);
  expect(projectCompletion(pace({ now: 1_500 }))).toBeNull();
  expect(projectCompletion(pace({ progress: 100 }))).toBe(1_000);
});

test('forecast: a point of progress, rounded as agents do, is no rate yet, unless the estimate is well under way', () => {
  const early = pace({ progress: 1, now: 19, estimateMs: 1_000 });
  expect([slipLevel(early), projectCompletion(early)]).toEqual([0, 1_000]);
  const slow = pace({ progress: 1, now: 250, estimateMs: 1_000 });
  expect(slipLevel(slow)).toBeGreaterThan(0);
  expect(projectCompletion(slow)).toBe(25_000);
});

const watched = (more: Partial<Watched>): Watched => ({
  ...pace({ progress: 50, now: 500 }),
  silentMs: 0,
  stallAfterMs: 1_000,
  deadlineAt: null,
  waitsForAnswer: false,
  reportedSlip: 0,
  ...more,
});

test('supervision: time budget before stall before slip; a slip is told once per level; an open question is no stall', () => {
  expect(judge(watched({}))).toEqual({ kind: 'fine' });
  expect(judge(watched({ silentMs: 1_000 }))).toEqual({ kind: 'stalled' });
  expect(judge(watched({ silentMs: 1_000, waitsForAnswer: true }))).toEqual({ kind: 'fine' });
  expect(judge(watched({ silentMs: 1_000, deadlineAt: 500 }))).toEqual({ kind: 'timeBudget' });
  expect(judge(watched({ now: 1_000 }))).toEqual({ kind: 'slipped', level: 1 });
  expect(judge(watched({ now: 1_000, reportedSlip: 1 }))).toEqual({ kind: 'fine' });
  expect(nextLookMs(watched({ stallAfterMs: 600_000, estimateMs: 600_000 }))).toBe(1_000);
  expect(nextLookMs(watched({ deadlineAt: 600 }))).toBe(25);
  expect(nextLookMs(watched({ deadlineAt: 0 }))).toBe(20);
});

test.each(['agent.sh', 'agent.py', 'agent.mjs'])('docs: %s stands in docs/agents.md as it is', (name) => {
  const docs = readFileSync(new URL('../../../docs/agents.md', import.meta.url), 'utf8');
  expect(docs).toContain(readFileSync(new URL(`../../../examples/agents/${name}`, import.meta.url), 'utf8').trimEnd());
});
