import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';

const dist = (name) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));

/** Without settings that would lead worker or server to another service than the drill's. */
const ownEnvironment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));

/** The product's dev server with its database kept in `folder`, to be killed and started again at the same address. */
export async function openKillableServer(folder) {
  const { openServer } = await import(pathToFileURL(dist('server/open-server.js')).href);
  const open = (ports) => openServer({ baseDir: folder, headless: true, env: ownEnvironment(), say: () => {}, ...ports });
  let server = await open({ port: 0, httpPort: 0 });
  const { address } = server;
  const ports = { port: portOf(address), httpPort: portOf(new URL(server.httpUrl).host) };
  return {
    address,
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      await server.ended;
    },
    async restart() {
      server = await open(ports);
    },
    stop: () => server.stop(),
  };
}

const portOf = (host) => Number(host.split(':').at(-1));

/** The built worker as a process. Resolves when it polls. `more`: of its environment. */
export async function startWorker(configPath, address, more = {}) {
  const env = {
    ...ownEnvironment(),
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
    PACT_LOG: process.env.PACT_LOG ?? 'silent',
    ...more,
  };
  const child = spawn(process.execPath, [dist('worker.js'), configPath], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let said = '';
  await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said = (said + chunk).slice(-10_000);
      if (said.includes('Worker serves')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    ended.then(
      ([code, signal]) => reject(new Error(`the worker ended with ${code ?? signal} before it served:\n${said}`)),
      reject,
    );
  });
  return {
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    /** The last that it said. */
    said: () => said,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
