import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

const require = createRequire(import.meta.url);

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    load: loadavg().map((load) => Number(load.toFixed(2))),
  };
}

export function describeVersions() {
  return {
    node: process.version,
    sdk: require('@temporalio/worker/package.json').version,
    product: require('../package.json').version,
    commit: git('rev-parse', 'HEAD'),
    isClean: git('status', '--porcelain', '--', 'src', 'bench') === '',
  };
}

/** null: not a git checkout. */
function git(...args) {
  try {
    return execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}
