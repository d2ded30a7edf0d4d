// Programs that the agents run, and where they are found: the repository's own node_modules, then PATH. Never a shell.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AgentError } from './agent.mjs';

/** Folder of an installed package, searched upwards from `from` as Node does, or null. */
export function packageFolder(name, from = import.meta.dirname) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (manifestOf(candidate) !== null) return candidate;
    if (folder === dirname(folder)) return null;
  }
}

/** A package's package.json as an object; null when the folder has none. */
export function manifestOf(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  }
}

/** argv that starts a package's program with this Node. */
export function program(packageName, binName = packageName) {
  const folder = packageFolder(packageName);
  if (folder === null) throw new AgentError(`the package ${packageName} is not installed: run npm ci in the repository`);
  const { bin } = manifestOf(folder);
  return [process.execPath, resolve(folder, typeof bin === 'string' ? bin : bin[binName])];
}

/**
 * Runs a program to its end; what it prints also goes to this agent's log.
 * Returns `{code, stdout, output}`; throws an AgentError with the last lines when `code` is not one of `accept`.
 */
export async function run(argv, { cwd, env = {}, stdin = '', accept = [0] } = {}) {
  console.error(`$ ${argv.join(' ')}`);
  const child = spawn(argv[0], argv.slice(1), { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let output = '';
  const collect = (isStdout) => (chunk) => {
    if (isStdout) stdout += chunk;
    output += chunk;
    process.stderr.write(chunk);
  };
  child.stdout.setEncoding('utf8').on('data', collect(true));
  child.stderr.setEncoding('utf8').on('data', collect(false));
  child.stdin.on('error', () => {}); // a program that ends without reading closes the pipe: its exit status says the rest
  child.stdin.end(stdin);
  const code = await new Promise((done, fail) =>
    child.once('error', fail).once('close', (status, signal) => done(status ?? signal)),
  );
  if (!accept.includes(code)) throw new AgentError(`${argv.slice(0, 3).join(' ')} ended with ${code}: ${lastLines(output, 12)}`);
  return { code, stdout, output };
}

export function lastLines(text, count) {
  return text.trim().split('\n').slice(-count).join('\n');
}
