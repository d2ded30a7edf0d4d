// Runs the library's unit tests, and its package as a user would meet it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentError, perform } from './agent.mjs';
import { cloneLibrary, compilerFor } from './library.mjs';
import { manifestOf, run } from './programs.mjs';

async function unitTests(job) {
  const step = job.steps(3);
  step('clone the library');
  const folder = await cloneLibrary(job);
  step('compile sources and tests');
  await run(compilerFor('tsconfig.json', '--noEmit', 'false', '--outDir', 'out'), { cwd: folder });
  step('run the tests');
  const files = readdirSync(join(folder, 'out/test'))
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => `out/test/${name}`);
  const { stdout, code } = await run([process.execPath, '--test', '--test-reporter=tap', ...files], {
    cwd: folder,
    accept: [0, 1],
  });
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(stdout)?.[1] ?? NaN);
  const report = { files: files.length, tests: count('tests'), passed: count('pass'), failed: count('fail') };
  const broken = stdout.match(/^ *not ok .*$/gm) ?? [];
  if (code !== 0 || report.failed !== 0)
    throw new AgentError(`${report.failed} of ${report.tests} tests failed:\n${broken.join('\n')}`);
  if (!(report.passed > 0)) throw new AgentError('no test ran');
  writeFileSync(job.delivers('test-log'), stdout);
  writeFileSync(job.delivers('test-report'), `${JSON.stringify(report, null, 2)}\n`);
  return `${report.passed} tests in ${report.files} files passed`;
}

const AGENDA = '09:00-10:30 design review\n11:00-12:00 interview\n';
const IMPORT = `import { findSlots, formatInterval, parseAgenda, parseInterval } from 'free-slots';
const busy = parseAgenda(${JSON.stringify(AGENDA)}).map((meeting) => meeting.interval);
console.log(findSlots({ within: parseInterval('09:00-13:00'), busy, length: 30, step: 30 }).map(formatInterval).join(' '));
`;
const TYPED = `import { findSlots, type Interval } from 'free-slots';
export const slots: readonly Interval[] = findSlots({ within: { start: 0, end: 60 }, busy: [], length: 30 });
// @ts-expect-error a length is needed
findSlots({ within: { start: 0, end: 60 }, busy: [] });
`;

function expectSame(what, got, expected) {
  if (got !== expected) throw new AgentError(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}

async function smokeTest(job) {
  const step = job.steps(4);
  const { version } = JSON.parse(readFileSync(job.received('release-facts'), 'utf8'));
  const folder = join(job.request.workspace, 'clean');
  mkdirSync(folder);
  step('install the package in a clean folder, offline');
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const quiet = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
  await run(['npm', 'install', ...quiet, job.received('package')], { cwd: folder });
  expectSame('installed version', manifestOf(join(folder, 'node_modules/free-slots'))?.version, version);
  step('run its command line');
  const cli = await run(['node_modules/.bin/free-slots', '--length', '1h', '--within', '09:00-13:00'], {
    cwd: folder,
    stdin: AGENDA,
  });
  expectSame('slots printed', cli.stdout, '12:00-13:00\n');
  const misuse = await run(['node_modules/.bin/free-slots', '--length', 'soon'], { cwd: folder, stdin: AGENDA, accept: [2] });
  step('import it');
  writeFileSync(join(folder, 'import.js'), IMPORT);
  const imported = await run([process.execPath, 'import.js'], { cwd: folder });
  expectSame('slots found', imported.stdout, '10:30-11:00 12:00-12:30 12:30-13:00\n');
  step('compile against its types');
  writeFileSync(join(folder, 'typed.ts'), TYPED);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    '{ "compilerOptions": { "module": "nodenext", "strict": true, "noEmit": true, "types": [] } }\n',
  );
  await run(compilerFor('tsconfig.json'), { cwd: folder });
  const report = { version, commandLine: cli.stdout, wrongUsage: misuse.code, imported: imported.stdout, types: 'ok' };
  writeFileSync(job.delivers('smoke-report'), `${JSON.stringify(report, null, 2)}\n`);
  return `free-slots ${version} installs, runs, imports and type checks`;
}

await perform({ 'unit-tests': unitTests, 'smoke-test': smokeTest });
