// Lints the library with oxlint and checks its format with oxfmt.
// Works on a clone, a repository of its own: both tools skip what the repository around a workspace ignores.
import { writeFileSync } from 'node:fs';
import { AgentError, perform } from './agent.mjs';
import { cloneLibrary } from './library.mjs';
import { lastLines, program, run } from './programs.mjs';

const toLine = ({ filename, labels, code, message }) =>
  `${filename}:${labels[0]?.span.line ?? 0} ${code ?? 'syntax'}: ${message}`;

async function lint(job) {
  const step = job.steps(3);
  step('clone the library');
  const folder = await cloneLibrary(job);
  step('lint');
  const { stdout, output } = await run([...program('oxlint'), '--deny-warnings', '--format', 'json'], {
    cwd: folder,
    accept: [0, 1],
  });
  if (!stdout.includes('{')) throw new AgentError(`oxlint gave no report: ${lastLines(output, 5)}`);
  const { diagnostics, number_of_files: files, number_of_rules: rules } = JSON.parse(stdout.slice(stdout.indexOf('{')));
  if (diagnostics.length > 0)
    throw new AgentError(`oxlint found ${diagnostics.length}:\n${diagnostics.slice(0, 10).map(toLine).join('\n')}`);
  if (files === 0) throw new AgentError('oxlint was given no file');
  step('check the format');
  await run([...program('oxfmt'), '--check', '.'], { cwd: folder });
  writeFileSync(job.delivers('lint-report'), `${JSON.stringify({ files, rules, diagnostics, formatted: true }, null, 2)}\n`);
  return `${files} files pass ${rules} rules and are formatted`;
}

await perform({ lint });
