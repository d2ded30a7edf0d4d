// Type checks and builds the library with the TypeScript compiler.
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { AgentError, perform } from './agent.mjs';
import { buildLibrary, cloneLibrary, compilerFor } from './library.mjs';
import { run } from './programs.mjs';

async function typecheck(job) {
  const step = job.steps(3);
  step('clone the library');
  const folder = await cloneLibrary(job);
  step('list sources and tests');
  const { stdout } = await run(compilerFor('tsconfig.json', '--listFilesOnly'), { cwd: folder });
  const files = stdout
    .split('\n')
    .filter((line) => line.startsWith(`${folder}/`))
    .map((line) => line.slice(folder.length + 1));
  if (files.length === 0) throw new AgentError('the compiler was given no file of the library: see include in its tsconfig.json');
  step('check their types');
  await run(compilerFor('tsconfig.json'), { cwd: folder });
  writeFileSync(job.delivers('typecheck-report'), `${JSON.stringify({ errors: 0, files }, null, 2)}\n`);
  return `${files.length} files, no type errors`;
}

async function build(job) {
  const step = job.steps(3);
  step('clone the library');
  const folder = await cloneLibrary(job);
  step('compile to JavaScript and declarations');
  const dist = await buildLibrary(folder);
  step('hand over dist');
  cpSync(dist, job.delivers('dist'), { recursive: true });
  return `${readdirSync(dist).length} files built`;
}

await perform({ typecheck, build });
