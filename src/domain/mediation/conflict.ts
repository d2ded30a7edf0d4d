import { formatDuration } from '../duration.ts';
import { PRIORITY_RANK, type JsonObject, type Priority } from '../plan/plan.ts';

export const CONFLICT_KINDS = [
  'resource', // a task waits for a lease that another one holds for too long
  'paths', // two urgent or critical tasks change the same place, so that one of them waits
  'report', // what an agent says contradicts what it said before, or what is there
  'output', // two tasks hand over the same thing, and it is not the same
  'dependency', // what a task at work builds on has changed
] as const;
export type ConflictKind = (typeof CONFLICT_KINDS)[number];

/** What is decided about: tasks by their numbers, attempts by theirs. */
export type ConflictSubject =
  | { readonly type: 'lease'; readonly waiting: number; readonly holder: number; readonly attempt: number }
  | { readonly type: 'attempt'; readonly task: number; readonly attempt: number }
  | { readonly type: 'result'; readonly task: number; readonly attempt: number }
  /** `rivals`: the one that delivered first, then the other. */
  | { readonly type: 'output'; readonly path: string; readonly rivals: readonly [number, number] };

export interface Conflict {
  /** The same conflict has the same key: it is mediated once. */
  readonly key: string;
  readonly kind: ConflictKind;
  readonly title: string;
  /** Its cause, named by rule, with the numbers that show it. */
  readonly cause: string;
  readonly evidence: JsonObject;
  readonly alternatives: readonly Alternative[];
  /** The alternative that happens when nobody decides: the one that loses least. */
  readonly fallback: string;
  readonly subject: ConflictSubject;
}

export interface Alternative {
  readonly id: string;
  readonly text: string;
}

/** What was decided, by a rule or by somebody, and why: which is why the other alternatives lost. */
export interface Verdict {
  readonly decision: string;
  readonly by: string;
  readonly why: string;
}

export interface Rival {
  readonly id: string;
  readonly priority: Priority;
  /** Time that it may still lose without making the sprint late; below 0: it is late already. */
  readonly slackMs: number;
  /** What it would lose by coming second. */
  readonly secondMs: number;
}

/**
 * Who goes first: the higher priority, then the one that cannot afford to come second where the other one can; null: they are even.
 */
export function chooseFirst(a: Rival, b: Rival): { readonly first: string; readonly by: string; readonly why: string } | null {
  if (a.priority !== b.priority) {
    const [first, other] = PRIORITY_RANK[a.priority] < PRIORITY_RANK[b.priority] ? [a, b] : [b, a];
    return { first: first.id, by: 'priority', why: `"${first.id}" is ${first.priority}, "${other.id}" ${other.priority}` };
  }
  if (isPressed(a) === isPressed(b)) return null;
  const [first, other] = isPressed(a) ? [a, b] : [b, a];
  return { first: first.id, by: 'slack', why: `${describeNeed(first)}; ${describeNeed(other)}` };
}

const isPressed = ({ slackMs, secondMs }: Rival): boolean => slackMs < secondMs;

const describeNeed = ({ id, slackMs, secondMs }: Rival): string =>
  `"${id}" has ${describeSlack(slackMs)} and would lose ${describeTime(secondMs)} by coming second`;

const SECOND_MS = 1_000;

/** To the second: `12s`, or `350ms` below one. */
export const describeTime = (ms: number): string => formatDuration(ms < SECOND_MS ? ms : Math.round(ms / SECOND_MS) * SECOND_MS);

export const describeSlack = (ms: number): string =>
  ms > 0 ? `a slack of ${describeTime(ms)}` : `no slack (${describeTime(-ms)} late)`;
