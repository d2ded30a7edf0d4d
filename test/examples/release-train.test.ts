import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { absoluteArgv, agentEnvironment, runProgram } from './agent-process.ts';
import { createPlanDriver, type PlanDriver } from './plan-driver.ts';
import { readSample } from './sample-plan.ts';

const folder = fileURLToPath(new URL('../../examples/release-train', import.meta.url));
const sample = readSample(folder);
const commandTasks = sample.sprints.flatMap(({ tasks }) => tasks).filter(({ agent }) => agent !== 'release-manager');
const scratch = mkdtempSync(join(tmpdir(), 'release-train-'));
const environment = agentEnvironment(scratch, 'test');
const train = createPlanDriver(sample);

afterAll(() => {
  train.remove();
  rmSync(scratch, { recursive: true, force: true });
});

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(['git', ...args], cwd, environment);
  expect(exitCode, stderr).toBe(0);
  return stdout.trim();
}

/** Clones the repository that the historian delivered. */
async function cloned(driver: PlanDriver): Promise<string> {
  const target = mkdtempSync(join(scratch, 'clone-'));
  await git(scratch, 'clone', '-q', (await driver.run('checkout')).path('repository'), target);
  return target;
}

async function unpacked(): Promise<string> {
  const target = mkdtempSync(join(scratch, 'package-'));
  const { exitCode, stderr } = await runProgram(
    ['tar', '-xzf', (await train.run('package')).path('package'), '-C', target],
    scratch,
    environment,
  );
  expect(exitCode, stderr).toBe(0);
  return join(target, 'package');
}

describe('release-train: every task', () => {
  test.each(commandTasks.map(({ id }) => id))('%s ends with a result and honest progress', async (id) => {
    const { attempts } = await train.run(id);
    const last = attempts.at(-1)!;
    expect(last.end).toMatchObject({ pact: 'result', summary: expect.stringMatching(/\d/) });
    const progress = last.lines.filter(({ pact }) => pact === 'status').map((line) => Number(line.progress_percentage));
    expect(progress.length).toBeGreaterThan(1);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(last.lines.filter(({ pact }) => pact === 'result' || pact === 'error')).toHaveLength(1);
  });

  test.each(sample.agents.flatMap(({ id, adapter }) => (adapter.probe === undefined ? [] : [[id, adapter.probe] as const])))(
    'the probe of %s answers',
    async (_id, probe) => {
      const { exitCode, stderr } = await runProgram(absoluteArgv(probe, folder), scratch, environment);
      expect(exitCode, stderr).toBe(0);
    },
  );

  test('every command agent has a probe and a task', () => {
    const commandAgents = sample.agents.filter(({ adapter }) => adapter.kind === 'command');
    expect(commandAgents.filter(({ adapter }) => adapter.probe === undefined)).toEqual([]);
    expect(new Set(commandAgents.map(({ adapter }) => adapter.run?.[0]))).toEqual(new Set(['node', 'sh']));
  });
});

describe('release-train: what is delivered', () => {
  test('the repository has the history, and its newest commit is the folder of the library', async () => {
    const clone = await cloned(train);
    expect(await git(clone, 'tag')).toBe('v1.0.0\nv1.1.0');
    expect(await git(clone, 'log', '-1', '--format=%s')).not.toContain('local changes');
    expect(await git(clone, '--work-tree', join(folder, 'library'), 'status', '--porcelain')).toBe('');
  });

  test('the first attempt at the benchmark meets the lock that a crashed run left, the second breaks it', async () => {
    const { attempts } = await train.run('benchmark');
    const holder = readFileSync(join(folder, 'library/bench/.lock'), 'utf8').trim();
    expect(attempts).toHaveLength(2);
    expect(attempts[0]).toMatchObject({ exitCode: 1, end: { pact: 'error', type: 'MachineLocked', retryable: true } });
    expect(attempts[0]?.end?.message).toContain(holder);
    expect(attempts[1]?.end?.notes).toContain(holder);
    expect((await train.run('baseline')).attempts).toHaveLength(1);
  });

  test('a lock of another holder than the one reported is left alone', async () => {
    const { exitCode, end } = await train.attempt('benchmark', ['bench/.lock: held by somebody-else:1']);
    expect(exitCode).toBe(1);
    expect(end).toMatchObject({ type: 'MachineLocked', retryable: true });
  });

  test('the benchmark finds the new merge faster than the quadratic one of the last release', async () => {
    const [before, after] = await Promise.all([train.run('baseline'), train.run('benchmark')]);
    const baseline = JSON.parse(before.read('baseline-result'));
    const result = JSON.parse(after.read('benchmark-result'));
    expect([baseline.version, baseline.ref, result.ref]).toEqual(['1.1.0', 'v1.1.0', 'main']);
    expect(result.cases.map((each: { name: string }) => each.name)).toEqual(
      baseline.cases.map((each: { name: string }) => each.name),
    );
    for (const { low95Ns, medianNs, high95Ns } of [...baseline.cases, ...result.cases]) {
      expect(low95Ns).toBeGreaterThan(0);
      expect(medianNs).toBeGreaterThanOrEqual(low95Ns);
      expect(high95Ns).toBeGreaterThanOrEqual(medianNs);
    }
    expect(result.cases[0].medianNs).toBeLessThan(baseline.cases[0].medianNs / 5);
  });

  test('the changelog lists every commit under its version, and the version follows from them', async () => {
    const changelog = await train.run('changelog');
    expect(JSON.parse(changelog.read('release-facts'))).toEqual({ version: '1.2.0', previous: '1.1.0', commits: 5 });
    const text = changelog.read('changelog');
    const sections = text.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split(' ')[0])).toEqual(['1.2.0', '1.1.0', '1.0.0']);
    const clone = await cloned(train);
    for (const [index, range] of ['v1.1.0..main', 'v1.0.0..v1.1.0', 'v1.0.0'].entries()) {
      const hashes = (await git(clone, 'log', '--format=%h', range)).split('\n');
      expect(sections[index]?.match(/^- /gm)).toHaveLength(hashes.length);
      for (const hash of hashes) expect(sections[index]).toContain(`(${hash}, `);
    }
  });

  test('the API reference has every exported name with its signature', async () => {
    const reference = (await train.run('api-docs')).read('api-docs');
    const index = readFileSync(join(folder, 'library/src/index.ts'), 'utf8');
    const names = [...index.matchAll(/\{([^}]*)\}/g)].flatMap(([, list]) =>
      list!.split(',').map((name) => name.trim().replace(/^type /, '')),
    );
    for (const name of names.filter((each) => each !== ''))
      expect(reference).toMatch(new RegExp(`^### ${name}$[\\s\\S]*?^(function|interface|type) ${name}\\b`, 'm'));
    expect(reference).toContain('**Throws** RangeError');
  });

  test('the licence report has the packages that the build installs', async () => {
    const report = (await train.run('licences')).read('licence-report');
    for (const name of ['typescript', 'oxlint', 'oxfmt', '@types/node'])
      expect(report).toMatch(new RegExp(`^\\| ${name}@\\d+\\S+ \\| (MIT|Apache-2.0) \\|`, 'm'));
    expect(report).toContain('## Needed at run time\n\nNone.');
  });

  test('the package has the new version, runs from where it is unpacked and carries its changelog', async () => {
    const target = await unpacked();
    expect(JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))).toMatchObject({
      name: 'free-slots',
      version: '1.2.0',
    });
    const { stdout } = await runProgram(
      [process.execPath, 'dist/cli.js', '--length', '2h', '--within', '09:00-12:00'],
      target,
      environment,
      '11:00-12:00 lunch\n',
    );
    expect(stdout).toBe('09:00-11:00\n');
    expect(readFileSync(join(target, 'CHANGELOG.md'), 'utf8')).toBe((await train.run('changelog')).read('changelog'));
    expect(existsSync(join(target, 'src'))).toBe(false);
  });

  test('the pages of the site have the facts of the other tasks', async () => {
    const site = (await train.run('site')).path('site');
    const page = (name: string) => readFileSync(join(site, name), 'utf8');
    expect(readdirSync(site).toSorted()).toEqual([
      'api.html',
      'benchmark.html',
      'changelog.html',
      'index.html',
      'licences.html',
      'quality.html',
      'style.css',
    ]);
    expect(page('api.html')).toContain('<a href="#findslots">findSlots</a>');
    expect(page('changelog.html')).toContain('<h2 id="120-2026-03-20">1.2.0 (2026-03-20)</h2>');
    expect(page('benchmark.html')).toMatch(/<td>merge 400 intervals<\/td>.*× as fast<\/td>/);
    expect(page('quality.html')).toContain('<td>18 of 18 passed, in 6 files</td>');
    expect(page('licences.html')).toContain('<td>Apache-2.0</td>');
    expect(page('index.html')).toContain('findSlots({');
  });
});

describe('release-train: checks', () => {
  test('a site with a page taken away fails its check', async () => {
    const copy = join(scratch, 'broken-site');
    cpSync((await train.run('site')).path('site'), join(copy, 'site'), { recursive: true });
    expect(await train.check('site-links', copy)).toMatchObject({ exitCode: 0, stderr: '' });
    rmSync(join(copy, 'site/api.html'));
    expect(await train.check('site-links', copy)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no such file: api.html'),
    });
  });

  test('a package without its command line, or with its sources, fails its check', async () => {
    const copy = join(scratch, 'broken-package');
    mkdirSync(copy);
    cpSync(await unpacked(), join(copy, 'package'), { recursive: true });
    rmSync(join(copy, 'package/dist/cli.js'));
    mkdirSync(join(copy, 'package/src'));
    writeFileSync(join(copy, 'package/src/extra.ts'), '');
    await runProgram(['tar', '-czf', 'free-slots.tgz', 'package'], copy, environment);
    const { exitCode, stderr } = await train.check('package-contents', copy);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('dist/cli.js is missing: package.json points to it');
    expect(stderr).toContain('src/extra.ts belongs to development');
  });
});
