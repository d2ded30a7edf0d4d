// Makes the package: the build, the version and changelog of the release, and the licence report, packed by npm.
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { perform } from './agent.mjs';
import { cloneLibrary } from './library.mjs';
import { manifestOf, run } from './programs.mjs';

async function pack(job) {
  const step = job.steps(3);
  step('clone the library');
  const folder = await cloneLibrary(job);
  step('put the release together');
  const { version } = JSON.parse(readFileSync(job.received('release-facts'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ ...manifestOf(folder), version }, null, 2)}\n`);
  cpSync(job.received('dist'), join(folder, 'dist'), { recursive: true });
  cpSync(job.received('changelog'), join(folder, 'CHANGELOG.md'));
  cpSync(job.received('licence-report'), join(folder, 'LICENCES.md'));
  step('pack');
  const { stdout } = await run(['npm', 'pack', '--json', '--ignore-scripts', '--no-update-notifier'], { cwd: folder });
  const [packed] = JSON.parse(stdout);
  renameSync(join(folder, packed.filename), job.delivers('package'));
  return `${packed.id}: ${packed.entryCount} files, ${packed.size} bytes, ${packed.integrity}`;
}

await perform({ package: pack });
