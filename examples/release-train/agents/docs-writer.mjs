// Writes the API reference from the built declarations, and the static site of the release from what the other agents found.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { perform } from './agent.mjs';
import { benchmarkPage } from './benchmark-page.mjs';
import { readApi } from './declarations.mjs';
import { cloneLibrary } from './library.mjs';
import { escapeHtml, toAnchor, toHtml } from './markdown.mjs';

function apiEntry({ name, module, signature, doc }) {
  const throws = doc.throws.map((text) => `**Throws** ${text}\n\n`).join('');
  return `### ${name}\n\n${doc.text}\n\n\`\`\`ts\n${signature}\n\`\`\`\n\n${throws}Module \`${module}\`.\n`;
}

async function apiDocs(job) {
  const step = job.steps(2);
  step('read the declarations');
  const api = readApi(job.received('dist'));
  step('write the reference');
  const isValue = ({ kind }) => kind === 'function' || kind === 'const' || kind === 'class';
  const values = api.filter(isValue);
  const types = api.filter((each) => !isValue(each));
  const contents = (entries) => entries.map(({ name }) => `- [${name}](#${toAnchor(name)})`).join('\n');
  const part = (title, entries) => `## ${title}\n\n${contents(entries)}\n\n${entries.map(apiEntry).join('\n')}`;
  writeFileSync(job.delivers('api-docs'), `# API\n\n${part('Functions', values)}\n${part('Types', types)}`);
  return `${values.length} functions and ${types.length} types, every one documented`;
}

const PAGES = [
  { file: 'index.html', title: 'free-slots' },
  { file: 'api.html', title: 'API' },
  { file: 'changelog.html', title: 'Changelog' },
  { file: 'quality.html', title: 'Quality' },
  { file: 'benchmark.html', title: 'Benchmark' },
  { file: 'licences.html', title: 'Licences' },
];

const STYLE = `body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 50rem; padding: 0 1rem; }
nav a { margin-right: 1rem; } pre { background: #f4f4f4; overflow-x: auto; padding: .75rem; }
table { border-collapse: collapse; } td, th { border: 1px solid #ccc; padding: .25rem .5rem; text-align: left; }
`;

function toPage({ file, title }, version, markdown) {
  const links = PAGES.map(
    (page) => `<a href="${page.file}"${page.file === file ? ' aria-current="page"' : ''}>${escapeHtml(page.title)}</a>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} · free-slots ${escapeHtml(version)}</title>
<link rel="stylesheet" href="style.css">
<nav>${links.join('\n')}</nav>
<main>
${toHtml(markdown)}
</main>
<footer>free-slots ${escapeHtml(version)}</footer>
</html>
`;
}

function qualityPage({ typecheck, lint, tests }) {
  return `# Quality

| what | result |
|---|---|
| type check | ${typecheck.files.length} files, ${typecheck.errors} errors |
| lint | ${lint.files} files against ${lint.rules} rules, ${lint.diagnostics.length} findings |
| unit tests | ${tests.passed} of ${tests.tests} passed, in ${tests.files} files |
`;
}

async function site(job) {
  const step = job.steps(3);
  step('collect');
  const library = await cloneLibrary(job);
  const read = (id) => readFileSync(job.received(id), 'utf8');
  const facts = (id) => JSON.parse(read(id));
  const { version } = facts('release-facts');
  step('render the pages');
  const sources = {
    'index.html': readFileSync(join(library, 'README.md'), 'utf8'),
    'api.html': read('api-docs'),
    'changelog.html': read('changelog'),
    'quality.html': qualityPage({
      typecheck: facts('typecheck-report'),
      lint: facts('lint-report'),
      tests: facts('test-report'),
    }),
    'benchmark.html': benchmarkPage(facts('baseline-result'), facts('benchmark-result')),
    'licences.html': read('licence-report'),
  };
  step('write the site');
  const folder = job.delivers('site');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'style.css'), STYLE);
  for (const page of PAGES) writeFileSync(join(folder, page.file), toPage(page, version, sources[page.file]));
  return `${PAGES.length} pages for free-slots ${version}`;
}

await perform({ 'api-docs': apiDocs, site });
