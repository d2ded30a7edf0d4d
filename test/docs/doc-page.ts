import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const readPage = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), 'utf8');

/** One row of a table of fields: `field` is a path within the part of the file that its section's heading names. */
export interface FieldRow {
  /** `sprints[].tasks[]`; `''` is the whole file. */
  readonly section: string;
  readonly field: string;
  readonly text: string;
  /** YAML that the row gives as an example. */
  readonly example: string;
}

/** Fenced blocks of a language, in their order. */
export const blocksOf = (page: string, language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, block]) => block ?? '');

/** The part of a page below a heading, up to the next one of the same or a higher level. Throws when there is none. */
export function sectionOf(page: string, heading: string): string {
  const lines = page.split('\n');
  const first = lines.indexOf(heading);
  if (first < 0) throw new Error(`expected a heading "${heading}"`);
  const level = heading.indexOf(' ');
  let isInBlock = false;
  const next = lines.findIndex((line, index) => {
    if (line.startsWith('```')) isInBlock = !isInBlock;
    return index > first && !isInBlock && /^#+ /.test(line) && line.indexOf(' ') <= level;
  });
  return lines.slice(first, next < 0 ? undefined : next).join('\n');
}

/** Rows of the tables below headings of the form "### Task: `sprints[].tasks[]`", whose header begins with "field". */
export function fieldRowsOf(part: string): FieldRow[] {
  let section: string | null = null;
  const rows: FieldRow[] = [];
  for (const line of part.split('\n')) {
    const heading = /^### .*: `(.+)`$/.exec(line);
    if (heading) section = heading[1] === '.' ? '' : (heading[1] ?? '');
    const field = /^\| `([^`]+)` \|/.exec(line)?.[1];
    if (section === null || field === undefined) continue;
    const example = /\| `([^`]+)` \|$/.exec(line)?.[1] ?? '';
    rows.push({ section, field, text: line, example });
  }
  return rows;
}

/** First cells in backticks of the table rows in a part. */
export const namesOf = (part: string): string[] =>
  part
    .split('\n')
    .flatMap((line) => [...(/^\| (`[^|]+`) \|/.exec(line)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''));

/** JSON blocks with a label, as in "```json status". Throws for one that does not parse. */
export const labelledJson = (page: string): ReadonlyMap<string, unknown> =>
  new Map(
    [...page.matchAll(/^```json (\w+)\n([\s\S]*?)^```$/gm)].map(([, label = '', block = '']) => [label, JSON.parse(block)]),
  );
