import type { Finding, Path } from './finding.ts';
import type { Source } from './source.ts';

/** One mistake in a plan or config, as plain JSON. `file`, `line` and `column` (from 1) are null for data without a file. */
export interface Problem {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** Such as `sprints[0].tasks[2].agent`; empty for the whole. */
  readonly path: string;
  readonly expected: string | null;
  readonly got: string | null;
  readonly message: string;
  /** What to do, or the nearest known names. */
  readonly hint: string | null;
}

/** More are counted, not listed: problems travel in failure details. */
export const MAX_PROBLEMS = 200;

export function toPath(path: Path): string {
  const parts = path.map((key) =>
    typeof key === 'number' ? `[${key}]` : /^[\w-]{1,64}$/.test(key) ? `.${key}` : `[${quote(key)}]`,
  );
  return parts.join('').replace(/^\./, '');
}

/** JSON text of a string, cut to 80 characters. */
export const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** What came, in a few words: never more than about 80 characters of it. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  const keys = Object.keys(value);
  return keys.length === 0
    ? 'an empty map'
    : `a map with ${keys.slice(0, 3).map(quote).join(', ')}${keys.length > 3 ? ', …' : ''}`;
}

/** Findings with their places, in the order of the file, each once, at most `MAX_PROBLEMS`. */
export function toProblems(source: Source, findings: readonly Finding[]): Problem[] {
  const problems = new Map<string, Problem>();
  for (const finding of findings) {
    const place = finding.place ?? source.placeOf(finding.at, finding.on ?? 'value');
    const problem: Problem = {
      file: source.file,
      line: place?.line ?? null,
      column: place?.column ?? null,
      path: toPath(finding.at),
      expected: finding.expected ?? null,
      got: finding.got ?? null,
      message: finding.message,
      hint: finding.hint ?? null,
    };
    problems.set(`${problem.path}\n${problem.message}`, problem);
  }
  const sorted = [...problems.values()].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  if (sorted.length <= MAX_PROBLEMS) return sorted;
  const left = sorted.length - MAX_PROBLEMS;
  const rest = { expected: null, got: null, line: null, column: null, path: '', hint: 'correct those above first' };
  return [...sorted.slice(0, MAX_PROBLEMS), { ...rest, file: source.file, message: `and ${left} more problems` }];
}

/** `plan.yaml:12:7: sprints[0].tasks[1].agent: unknown agent "bulder"; did you mean "builder"?` */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== null).join(':');
  const head = [place, problem.path].filter((part) => part !== '').join(': ');
  return `${head === '' ? '' : `${head}: `}${problem.message}${problem.hint === null ? '' : `; ${problem.hint}`}`;
}

export const formatProblems = (problems: readonly Problem[]): string => problems.map(formatProblem).join('\n');
