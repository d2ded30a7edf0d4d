// Builds dist/: compiled modules, the workflow bundle, JSON Schemas. Does nothing when the sources have not changed since the last build.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stamp = join(dist, '.build');
/** Built aside and swapped in when whole: a build that is cut short leaves the last one as it was. */
const next = join(root, `.dist-${process.pid}`);

function hashSources() {
  const hash = createHash('sha256');
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of [
    ...files,
    ...['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs', 'scripts/workflow-bundle.mjs'].map(
      (name) => join(root, name),
    ),
  ].toSorted()) {
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function compile() {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(manifest), 'bin', 'tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', next], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } catch {
    process.stderr.write('The build stopped: the compiler found the errors above.\n');
    rmSync(next, { recursive: true, force: true });
    process.exit(1);
  }
}

async function bundle() {
  const { bundleWorkflows } = await import('./workflow-bundle.mjs');
  const code = await bundleWorkflows({
    workflowsPath: join(next, 'workflows', 'index.js'),
    payloadConverterPath: join(next, 'workflows', 'payload-converter.js'),
    failureConverterPath: join(next, 'workflows', 'failure-converter.js'),
  });
  writeFileSync(join(next, 'workflow-bundle.js'), code);
}

async function writeSchemas() {
  const { jsonSchemas } = await import(pathToFileURL(join(next, 'domain', 'plan', 'json-schema.js')).href);
  mkdirSync(join(next, 'schemas'), { recursive: true });
  for (const [name, schema] of Object.entries(jsonSchemas())) {
    writeFileSync(join(next, 'schemas', name), `${JSON.stringify(schema, null, 2)}\n`);
  }
}

function swapIn() {
  const old = `${next}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
}

const hash = hashSources();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
  compile();
  await Promise.all([bundle(), writeSchemas()]);
  chmodSync(join(next, 'cli', 'main.js'), 0o755);
  writeFileSync(join(next, '.build'), hash);
  swapIn();
}
