import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument, type Document } from 'yaml';
import type { Finding, Path, Place } from './finding.ts';
import type { Source } from './source.ts';

/** Characters of a file as written. */
const MAX_CHARACTERS = 8 * 1024 * 1024;

/** Aliases that a file may resolve, counted with their nesting: a few shared parts, no explosion. */
const MAX_ALIASES = 100;

export interface ReadSource {
  readonly source: Source;
  /** Mistakes of syntax; with any, `source.data` is null. */
  readonly findings: readonly Finding[];
}

const toBroken =
  (file: string) =>
  (findings: readonly Omit<Finding, 'at'>[]): ReadSource => ({
    source: { file, data: null, placeOf: () => null },
    findings: findings.map((finding) => ({ at: [], ...finding })),
  });

/**
 * YAML 1.2 or JSON text with the place of every value and key. Never throws: bad syntax, duplicate keys, unknown tags, several
 * documents and aliases that explode are findings.
 * @param file Name to show in messages.
 */
export function readYaml(text: string, file: string): ReadSource {
  if (text.length > MAX_CHARACTERS) {
    return toBroken(file)([{ message: `too large: ${text.length} characters; the limit is ${MAX_CHARACTERS}` }]);
  }
  const json = readWrittenJson(text);
  if (json !== null) {
    let inYaml: Source | null = null;
    const placeOf: Source['placeOf'] = (path, on) => (inYaml ??= parseYaml(text, file).source).placeOf(path, on);
    return { source: { file, data: json, placeOf }, findings: [] };
  }
  return parseYaml(text, file);
}

/**
 * JSON exactly as programs write it, in which no key can be there twice; null for everything else. A large plan is read in a
 * tenth of a second so, and in seconds as YAML, which is needed only when a place is asked for.
 */
function readWrittenJson(text: string): object | null {
  if (!text.startsWith('{')) return null;
  try {
    const data = JSON.parse(text) as object;
    const isAsWritten = [0, 2].some((indent) => JSON.stringify(data, null, indent) === text.trimEnd());
    return isAsWritten ? data : null;
  } catch {
    return null;
  }
}

function parseYaml(text: string, file: string): ReadSource {
  const broken = toBroken(file);
  const lineCounter = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) {
      return broken(faults.map((fault) => ({ message: `not valid YAML: ${fault.message}`, place: placeAt(fault.pos[0]) })));
    }
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { source: { file, data, placeOf: (path, on) => placeOf(document, placeAt, path, on) }, findings: [] };
  } catch (error) {
    // The parser recurses and resolves aliases: both end in an exception on hostile input.
    return broken([{ message: `not readable as YAML: ${(error as Error).message}` }]);
  }
}

function placeOf(document: Document.Parsed, placeAt: (offset: number) => Place, path: Path, on: 'key' | 'value'): Place {
  let node: Node | null = document.contents;
  let key: Node | null = null;
  for (const step of path) {
    const whole = isAlias(node) ? (node.resolve(document) as Node) : node;
    let child: Node | null = null;
    if (isSeq<ParsedNode>(whole)) child = whole.items[Number(step)] ?? null;
    else if (isMap<ParsedNode, ParsedNode | null>(whole)) {
      const pair = whole.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      key = pair?.key ?? null;
      child = pair?.value ?? pair?.key ?? null;
    }
    if (child === null) return placeAt(node?.range?.[0] ?? 0);
    node = child;
  }
  return placeAt((on === 'key' && key !== null ? key : node)?.range?.[0] ?? 0);
}
