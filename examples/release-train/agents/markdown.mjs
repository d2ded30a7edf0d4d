// Renders the Markdown that this release train writes: headings, paragraphs, lists, tables, fenced code; links, code and bold.

export const escapeHtml = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The anchor of a heading, as GitHub makes it: `Find slots` → `find-slots`. */
export const toAnchor = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .trim()
    .replaceAll(' ', '-');

/** Code first: what is inside stays as it is. */
function inline(text) {
  return text
    .split(/(`[^`]+`)/)
    .map((part) =>
      part.startsWith('`') && part.length > 1
        ? `<code>${escapeHtml(part.slice(1, -1))}</code>`
        : escapeHtml(part)
            .replaceAll(/\[([^\]]+)\]\(([^)\s]+)\)/g, '<a href="$2">$1</a>')
            .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>'),
    )
    .join('');
}

const cellsOf = (line) =>
  line
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => inline(cell.trim()));
const row = (line, tag) =>
  `<tr>${cellsOf(line)
    .map((cell) => `<${tag}>${cell}</${tag}>`)
    .join('')}</tr>`;

/** Each kind of block: how its first line looks, whether a further line belongs to it, and how its lines become HTML. */
const BLOCKS = [
  {
    starts: /^#{1,6} /,
    goesOn: () => false,
    render: ([line]) => {
      const level = line.indexOf(' ');
      const heading = line.slice(level + 1).trim();
      return `<h${level} id="${toAnchor(heading)}">${inline(heading)}</h${level}>`;
    },
  },
  { starts: /^- /, goesOn: (line) => /^(- | {2})/.test(line), render: (lines) => `<ul>\n${listItems(lines)}\n</ul>` },
  {
    starts: /^\|/,
    goesOn: (line) => line.startsWith('|'),
    render: ([head, , ...body]) => `<table>\n${row(head, 'th')}\n${body.map((line) => row(line, 'td')).join('\n')}\n</table>`,
  },
  {
    starts: /^/,
    goesOn: (line) => line.trim() !== '' && !/^(#{1,6} |- |\||```)/.test(line),
    render: (lines) => `<p>${inline(lines.join(' '))}</p>`,
  },
];

function listItems(lines) {
  const items = lines.join('\n').split(/^- /m).slice(1);
  return items.map((item) => `<li>${inline(item.trim().replaceAll(/\s*\n\s*/g, ' '))}</li>`).join('\n');
}

/** Markdown → the inside of an HTML body. */
export function toHtml(markdown) {
  const lines = markdown.split('\n');
  const html = [];
  for (let at = 0; at < lines.length;) {
    const first = at;
    if (lines[at].startsWith('```')) {
      const end = lines.indexOf('```', at + 1);
      at = end === -1 ? lines.length : end + 1;
      html.push(`<pre><code>${escapeHtml(lines.slice(first + 1, end === -1 ? at : end).join('\n'))}</code></pre>`);
    } else if (lines[at].trim() === '') at += 1;
    else {
      const block = BLOCKS.find(({ starts }) => starts.test(lines[first]));
      for (at += 1; at < lines.length && block.goesOn(lines[at]);) at += 1;
      html.push(block.render(lines.slice(first, at)));
    }
  }
  return html.join('\n');
}
