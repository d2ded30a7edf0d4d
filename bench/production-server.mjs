// Temporal's production server on PostgreSQL, built from its Go modules: what the official image runs, with the same variables.
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { openServer } from '../dist/index.js';
import { cacheFolder } from '../dist/server/cli-cache.js';
import { readTail, startKept } from '../dist/server/kept-program.js';
import { isPortTaken, loopback } from '../dist/server/port.js';
import { NotInstalled } from './not-installed.mjs';
import { startPostgres } from './postgres.mjs';
import { until } from './project.mjs';

const VERSION = '1.32.0';
const MODULE = 'go.temporal.io/server';
const run = promisify(execFile);

/** A production server on a PostgreSQL of its own, like `openBenchServer`. Both end with this process. Throws NotInstalled. */
export async function openProductionServer({ mayInstall, say }) {
  const programs = await findPrograms(mayInstall, say);
  const postgres = await startPostgres({ mayInstall, say });
  try {
    await setUpSchemas(programs, postgres);
    const kept = await startServer(programs, postgres);
    try {
      const { connectionOptions, namespace } = await configure(kept, say);
      const connection = await Connection.connect(connectionOptions);
      return {
        address: kept.address,
        namespace,
        description: `Temporal server ${VERSION} on PostgreSQL ${postgres.version}`,
        connectionOptions,
        pid: kept.program.pid,
        client: new Client({ connection, namespace }),
        async stop() {
          await connection.close();
          await kept.program.stop();
          await postgres.stop();
        },
      };
    } catch (error) {
      await kept.program.stop();
      throw error;
    }
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** Server and schema tool in the cache, and the folder of the schemas; built from the Go module where they are missing. */
async function findPrograms(mayInstall, say) {
  const folder = join(cacheFolder(process.env), `server-${VERSION}`);
  const programs = { server: join(folder, 'server'), sqlTool: join(folder, 'sql') };
  const go = await run('go', ['version']).then(
    () => true,
    () => false,
  );
  if (existsSync(programs.server) && existsSync(programs.sqlTool)) return programs;
  const advice = `"go install ${MODULE}/cmd/server@v${VERSION} ${MODULE}/cmd/tools/sql@v${VERSION}" with GOBIN=${folder}`;
  if (!go) throw new NotInstalled(`the production server is not built, and Go is not on the PATH; where it is: ${advice}`);
  if (!mayInstall) throw new NotInstalled(`the production server is not built; this does it, in some minutes: ${advice}`);
  say(`  builds ${MODULE} ${VERSION}; this takes some minutes, once`);
  mkdirSync(folder, { recursive: true });
  const build = mkdtempSync(join(folder, 'build-'));
  const logPath = join(build, 'go.log');
  const command = ['nice', 'go', 'install', `${MODULE}/cmd/server@v${VERSION}`, `${MODULE}/cmd/tools/sql@v${VERSION}`];
  const order = { command, cwd: build, logPath, graceMs: 5_000, diesWithParent: true, scratch: null };
  try {
    const installing = await startKept(order, { ...process.env, GOBIN: build });
    const status = await installing.exited;
    if (status !== 0) throw new NotInstalled(`go install ended with status ${status}: ${readTail(logPath, 3)}`);
    for (const [name, path] of [
      ['server', programs.server],
      ['sql', programs.sqlTool],
    ])
      renameSync(join(build, name), path);
  } finally {
    rmSync(build, { recursive: true, force: true });
  }
  return programs;
}

async function setUpSchemas({ sqlTool }, { host, port, user, password }) {
  for (const [database, schema] of [
    ['temporal', 'temporal'],
    ['temporal_visibility', 'visibility'],
  ]) {
    const env = { PATH: process.env.PATH, SQL_PLUGIN: 'postgres12', SQL_HOST: host, SQL_PORT: String(port) };
    const tool = (...args) =>
      run(sqlTool, args, { env: { ...env, SQL_USER: user, SQL_PASSWORD: password, SQL_DATABASE: database } });
    await tool('create-database');
    await tool('setup-schema', '-v', '0.0');
    await tool('update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
}

async function startServer({ server }, { host, port, user, password }) {
  const scratch = mkdtempSync(join(tmpdir(), 'pact-production-'));
  const dynamicConfig = join(scratch, 'dynamic.yaml');
  writeFileSync(dynamicConfig, '{}\n');
  const names = ['FRONTEND', 'HISTORY', 'MATCHING', 'WORKER'].flatMap((role) => [`${role}_GRPC_PORT`, `${role}_MEMBERSHIP_PORT`]);
  const ports = await choosePorts([...names, 'FRONTEND_HTTP_PORT']);
  const env = {
    PATH: process.env.PATH,
    DB: 'postgres12',
    POSTGRES_SEEDS: host,
    DB_PORT: String(port),
    POSTGRES_USER: user,
    POSTGRES_PWD: password,
    BIND_ON_IP: loopback,
    DYNAMIC_CONFIG_FILE_PATH: dynamicConfig,
    LOG_LEVEL: 'warn',
    ...ports,
  };
  const logPath = join(scratch, 'server.log');
  const order = {
    command: [server, '--allow-no-auth', 'start'],
    cwd: scratch,
    logPath,
    graceMs: 10_000,
    diesWithParent: true,
    scratch,
  };
  const program = await startKept(order, env);
  return { program, address: `${loopback}:${ports.FRONTEND_GRPC_PORT}`, logPath };
}

/** The server keeps its ports in columns of two signed bytes: the free ones that the system gives out are too high. */
const LOWEST_PORT = 10_000;
const HIGHEST_PORT = 32_767;

async function choosePorts(names) {
  const chosen = new Set();
  while (chosen.size < names.length) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT + 1);
    if (!(await isPortTaken(port))) chosen.add(port);
  }
  return Object.fromEntries([...chosen].map((port, place) => [names[place], String(port)]));
}

/** Namespace and search attributes, once it answers: the product does that for every server that is configured. */
function configure({ address, logPath }, say) {
  const env = { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default' };
  const open = () =>
    openServer({ baseDir: tmpdir(), env, say: () => undefined, limits: { answerMs: 2_000 } }).catch((error) => ({
      refused: `${error.message}; ${readTail(logPath, 3)}`,
    }));
  say(`  Temporal ${VERSION} starts on PostgreSQL`);
  return until('the production server is ready', open, (answer) => answer.searchAttributes?.ok === true, { everyMs: 500 });
}
