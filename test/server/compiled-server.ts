import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface CompiledServer {
  /** URL of the compiled folder `server/`, with a slash at its end. */
  readonly url: string;
  remove(): Promise<void>;
}

/**
 * `src/server` as the JavaScript that is shipped, for child processes that are to be killed. It lies under node_modules so that
 * its imports resolve; an own folder per run, since several runs may go on at once.
 */
export async function compileServer(): Promise<CompiledServer> {
  const cache = join(root, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'pact-server-'));
  const config = {
    extends: join(root, 'tsconfig.build.json'),
    compilerOptions: { outDir: join(folder, 'out'), rootDir: join(root, 'src'), declaration: false },
    include: [join(root, 'src', 'server')],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await promisify(execFile)(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], { cwd: root });
  return {
    url: `${pathToFileURL(join(folder, 'out', 'server')).href}/`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
