// node site-links.mjs FOLDER
// Exit status 0 only when every link between the pages of a static site leads to a page, and to an anchor on it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const pages = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.html'))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
);

function problemOf(page, link) {
  if (/^[a-z]+:/.test(link)) return null; // another site: not ours to check, and there may be no network
  const [path, anchor] = link.split('#');
  const target = path === '' ? page : path;
  if (!existsSync(join(folder, target))) return `${page}: no such file: ${link}`;
  if (anchor !== undefined && !pages.get(target)?.includes(`id="${anchor}"`)) return `${page}: no such anchor: ${link}`;
  return null;
}

const links = [...pages].flatMap(([page, html]) =>
  [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => ({ page, link })),
);
const problems = links.map(({ page, link }) => problemOf(page, link)).filter((problem) => problem !== null);
if (links.length === 0) problems.push(`no link in ${pages.size} pages of ${folder}`);
console.log(`${links.length} links on ${pages.size} pages`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
