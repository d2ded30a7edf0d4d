import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readTail, startKept } from '../dist/server/kept-program.js';
import { freePort, loopback } from '../dist/server/port.js';
import { NotInstalled } from './not-installed.mjs';
import { until } from './project.mjs';

const run = promisify(execFile);
const USER = 'bench';

/**
 * A PostgreSQL of its own in a temporary folder, on loopback, with the settings that the package comes with, so every commit is synced. It
 * ends with this process, and its folder with it. Throws NotInstalled.
 * @param mayInstall Install Debian's package where it is missing and this is root.
 */
export async function startPostgres({ mayInstall, say }) {
  const bin = findPrograms() ?? (await install(mayInstall, say));
  const account = await unprivilegedAccount();
  const scratch = mkdtempSync(join(tmpdir(), 'pact-postgres-'));
  const password = randomBytes(16).toString('hex');
  const data = join(scratch, 'data');
  try {
    if (account !== null) chownSync(scratch, account.uid, account.gid);
    const passwordFile = join(scratch, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (account !== null) chownSync(passwordFile, account.uid, account.gid);
    const asUser = (program, ...args) => [...(account?.command ?? []), join(bin, program), ...args];
    const [program, ...args] = asUser(
      'initdb',
      '-D',
      data,
      '-U',
      USER,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
    );
    await run(program, args, { cwd: scratch });
    const port = await freePort();
    const settings = [`listen_addresses=${loopback}`, `port=${port}`, 'unix_socket_directories=', 'max_connections=300'];
    const command = asUser('postgres', '-D', data, ...settings.flatMap((setting) => ['-c', setting]));
    const logPath = join(scratch, 'postgres.log');
    const server = await startKept(
      { command, cwd: scratch, logPath, graceMs: 10_000, diesWithParent: true, scratch },
      process.env,
    );
    const psql = (sql) =>
      run(join(bin, 'psql'), ['-h', loopback, '-p', String(port), '-U', USER, '-d', 'postgres', '-Atc', sql], {
        env: { ...process.env, PGPASSWORD: password },
      }).then(({ stdout }) => stdout.trim());
    const answers = () => psql('show server_version').catch((error) => ({ refused: error.message, log: readTail(logPath) }));
    const version = await until('PostgreSQL answers', answers, (answer) => typeof answer === 'string', { everyMs: 100 });
    return {
      host: loopback,
      port,
      user: USER,
      password,
      version,
      pid: server.pid,
      /** A new database; answers with its URL. */
      async createDatabase(name) {
        await psql(`create database ${name}`);
        return `postgresql://${USER}:${password}@${loopback}:${port}/${name}`;
      },
      async stop() {
        // Fast shutdown, which does not wait for clients; it may have ended by itself.
        if (!(await hasEnded(server))) process.kill(server.pid, 'SIGINT');
        await server.stop();
      },
    };
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  }
}

const hasEnded = ({ exited }) => Promise.race([exited.then(() => true), false]);

/** Folder of the newest PostgreSQL's programs where Debian keeps them, else of those on the PATH; null: none. */
function findPrograms() {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(root, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  return folders.find((folder) => ['initdb', 'postgres', 'psql'].every((name) => existsSync(join(folder, name)))) ?? null;
}

async function install(mayInstall, say) {
  const advice = 'install PostgreSQL ("apt-get install postgresql" on Debian)';
  if (!mayInstall || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    throw new NotInstalled(`${advice}: there is none`);
  say('  installs PostgreSQL from the packages of this system');
  const apt = (...args) =>
    run('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 2 ** 26 });
  try {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', 'postgresql');
  } catch (error) {
    throw new NotInstalled(`${advice}: apt-get did not: ${error.message.trim().split('\n').at(-1)}`);
  }
  const bin = findPrograms();
  if (bin === null) throw new NotInstalled(`${advice}: apt-get has installed it, but not where it is looked for`);
  return bin;
}

/** PostgreSQL refuses to run as root: it gets the account of the package, else nobody's. null: this is not root. */
async function unprivilegedAccount() {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag, name) => run('id', [flag, name]).then(({ stdout }) => Number(stdout));
  const name = await idOf('-u', 'postgres').then(
    () => 'postgres',
    () => 'nobody',
  );
  const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
  return { uid, gid, command: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'] };
}
