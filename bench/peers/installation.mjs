import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NotInstalled } from '../not-installed.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const lock = new URL('package-lock.json', import.meta.url);
/** What npm writes when an installation is complete. */
const installed = new URL('node_modules/.package-lock.json', import.meta.url);

/** The packages of this folder as its lock names them. Throws NotInstalled. */
export async function installPeers({ mayInstall, say }) {
  if (isComplete()) return;
  const advice = `run "npm ci" in ${folder}`;
  if (!mayInstall) throw new NotInstalled(`${advice}: DBOS, Restate and LangGraph are not installed`);
  say('  installs DBOS, Restate and LangGraph into bench/peers');
  const npm = promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    maxBuffer: 2 ** 26,
  });
  await npm.catch((error) => {
    throw new NotInstalled(`${advice}: here it failed: ${error.stderr?.trim().split('\n').at(-1) ?? error.message}`);
  });
}

/** Everything that is installed has the version of the lock; packages for other systems are left out. */
function isComplete() {
  if (!existsSync(installed)) return false;
  const { packages } = JSON.parse(readFileSync(lock, 'utf8'));
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const isPresent = ([path, { version, optional }]) => path === '' || optional === true || present[path]?.version === version;
  return Object.entries(packages).every(isPresent);
}

const require = createRequire(lock);

/** Throws NotInstalled. */
export function restateProgram() {
  try {
    return require.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);
  } catch {
    throw new NotInstalled(`Restate has no server for ${process.platform} ${process.arch}`);
  }
}

export const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
