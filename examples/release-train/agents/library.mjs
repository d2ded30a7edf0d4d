// The library under release as the agents see it: a clone of the bundle that the historian delivers, and its compiler settings.
import { join } from 'node:path';
import { packageFolder, program, run } from './programs.mjs';

/** git without the settings of the machine or the person. */
const GIT_ENV = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' };

/** Clones the library at `ref` into `<workspace>/library` and returns that path. It has no tie to any other clone. */
export async function cloneLibrary(job, ref = 'main') {
  const folder = join(job.request.workspace, 'library');
  await run(['git', '-c', 'advice.detachedHead=false', 'clone', '-q', '-b', ref, job.received('repository'), folder], {
    env: GIT_ENV,
  });
  return folder;
}

/** argv of the TypeScript compiler for a project of the library, whose types of Node come from this repository. */
export function compilerFor(project, ...options) {
  return [
    ...program('typescript', 'tsc'),
    '-p',
    project,
    '--typeRoots',
    join(packageFolder('@types/node'), '..'),
    '--pretty',
    'false',
    ...options,
  ];
}

/** Compiles the library's sources to `<folder>/dist`: JavaScript and declarations. */
export async function buildLibrary(folder) {
  await run(compilerFor('tsconfig.build.json'), { cwd: folder });
  return join(folder, 'dist');
}
