const BREAKS = /[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const HIDDEN = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const MARKUP = /[\\`*[\]|]/g;

/**
 * Text of agents, people and plans on one line of Markdown: it can break no table or list, and neither HTML, links nor emphasis
 * come of it, nor a heading when it begins a line.
 */
export function escapeMarkdown(text: string): string {
  const line = text.replaceAll(HIDDEN, '').replaceAll(BREAKS, ' ').trim();
  const plain = line
    .replaceAll(MARKUP, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
  return plain.replace(/^[#+=~_-]/, String.raw`\$&`).replace(/^(\d+)([.)])/, String.raw`$1\$2`);
}

/** Text as code: an id of anyone's making ends neither the code nor the cell of a table. */
export const markdownCode = (text: string): string =>
  `\`${text
    .replaceAll(HIDDEN, '')
    .replaceAll(BREAKS, ' ')
    .replaceAll('`', "'")
    .replaceAll('|', String.raw`\|`)}\``;

export const markdownTable = (
  head: readonly string[],
  alignment: readonly string[],
  rows: readonly (readonly string[])[],
): string[] => (rows.length === 0 ? [] : [head, alignment, ...rows].map((cells) => `| ${cells.join(' | ')} |`));

export const markdownSection = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];
