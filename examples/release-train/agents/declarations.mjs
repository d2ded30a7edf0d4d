// Reads the public API of a built package from its declaration files: what index.d.ts exports, with signature and doc comment.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentError } from './agent.mjs';

const EXPORT_LIST = /^export (?:type )?\{([^}]*)\} from '\.\/([\w-]+)\.(?:ts|js)';$/gm;
const DOC = String.raw`^(?:/\*\*((?:(?!\*/)[\s\S])*)\*/\n)?export (?:declare )?`;
/** Interfaces and classes end with a brace in the first column, all else with a semicolon before a line that is not indented. */
const BLOCK = String.raw`(interface|class) (\w+)[^\n]*\{[\s\S]*?^\}`;
const STATEMENT = String.raw`(function|type|const) (\w+)[\s\S]*?;$(?!\n[ }])`;
const DECLARATION = new RegExp(`${DOC}(?:${BLOCK}|${STATEMENT})`, 'gm');

/** What a doc comment says: text, and its @throws by themselves. */
function toDoc(comment) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trim());
  const [text = '', ...tags] = lines.join('\n').trim().split(/^@/m);
  const throws = tags
    .filter((tag) => tag.startsWith('throws '))
    .map((tag) => tag.slice('throws '.length).replaceAll('\n', ' ').trim());
  return { text: text.trim().replaceAll(/(?<!\n)\n(?!\n)/g, ' '), throws };
}

function declarationsOf(folder, module) {
  const source = readFileSync(join(folder, `${module}.d.ts`), 'utf8');
  return [...source.matchAll(DECLARATION)].map(([whole, comment, block, blockName, line, lineName]) => ({
    name: blockName ?? lineName,
    kind: block ?? line,
    module,
    signature: whole.slice(comment === undefined ? 0 : whole.indexOf('*/') + 3).replace(/^export (declare )?/, ''),
    doc: comment === undefined ? null : toDoc(comment),
  }));
}

/**
 * Every exported name as `{name, kind, module, signature, doc: {text, throws}}`, by module as the index lists them.
 * Throws an AgentError that names every export that is not declared or has no doc comment.
 */
export function readApi(folder) {
  const index = readFileSync(join(folder, 'index.d.ts'), 'utf8');
  const wanted = [...index.matchAll(EXPORT_LIST)].flatMap(([, names, module]) =>
    names
      .split(',')
      .map((name) => ({ module, name: name.trim().replace(/^type /, '') }))
      .filter(({ name }) => name !== ''),
  );
  if (wanted.length === 0) throw new AgentError('index.d.ts exports nothing');
  const found = wanted.map(({ module, name }) => ({
    module,
    name,
    ...declarationsOf(folder, module).find((each) => each.name === name),
  }));
  const bare = found.filter(({ doc }) => !doc?.text);
  if (bare.length > 0)
    throw new AgentError(`exported without a doc comment: ${bare.map((each) => `${each.module}.${each.name}`).join(', ')}`);
  return found;
}
