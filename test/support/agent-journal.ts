import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentRequest } from '../../src/adapters/agents/agent-runner.ts';
import { fixtureAgent } from './engine.ts';

/** What scripted agents themselves write when they start and end: independent of what the engine says of them. */
export interface JournalLine {
  readonly event: 'start' | 'end';
  /** Unix ms by the agent's clock. */
  readonly at: number;
  readonly pid: number;
  readonly request: AgentRequest;
}

/** From start to end of one attempt; `to` is infinite when it did not come to its end. */
export interface Span {
  readonly task: string;
  readonly agent: string;
  readonly attempt: number;
  readonly from: number;
  readonly to: number;
}

export interface AgentJournal {
  readonly path: string;
  /** Config of a scripted agent that writes here; `more` goes into the agent, `adapter` into its adapter. */
  agent(id: string, more?: Record<string, unknown>, adapter?: Record<string, unknown>): Record<string, unknown>;
  /** Lines of the execution, or of all. */
  lines(execution?: string): readonly JournalLine[];
  starts(execution?: string): readonly JournalLine[];
  spans(execution: string): readonly Span[];
  remove(): void;
}

export function openAgentJournal(): AgentJournal {
  const folder = mkdtempSync(join(tmpdir(), 'pact-journal-'));
  const path = join(folder, 'journal.jsonl');
  const lines: AgentJournal['lines'] = (execution) =>
    readLines(path).filter(({ request }) => execution === undefined || request.execution === execution);
  return {
    path,
    lines,
    agent: (id, more = {}, adapter = {}) => ({
      id,
      adapter: { kind: 'command', run: ['node', fixtureAgent('scripted.mjs')], env: { AGENT_JOURNAL: path }, ...adapter },
      ...more,
    }),
    starts: (execution) => lines(execution).filter(({ event }) => event === 'start'),
    spans: (execution) => toSpans(lines(execution)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function readLines(path: string): JournalLine[] {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return []; // nobody has started yet
  }
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JournalLine);
}

function toSpans(lines: readonly JournalLine[]): Span[] {
  const isSame = (a: JournalLine, b: JournalLine): boolean => a.request.idempotencyKey === b.request.idempotencyKey;
  return lines
    .filter(({ event }) => event === 'start')
    .map((start) => ({
      task: start.request.task.id,
      agent: start.request.agent_id,
      attempt: start.request.attempt,
      from: start.at,
      to: lines.find((line) => line.event === 'end' && isSame(line, start))?.at ?? Number.POSITIVE_INFINITY,
    }));
}

export const isOverlapping = (a: Span, b: Span): boolean => a.from < b.to && b.from < a.to;

/** The most that were under way at one moment. */
export function mostAtOnce(spans: readonly Span[]): number {
  return Math.max(0, ...spans.map(({ from }) => spans.filter((other) => other.from <= from && from < other.to).length));
}
