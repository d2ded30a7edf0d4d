import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTail, startKept } from '../../dist/server/kept-program.js';
import { freePort, loopback } from '../../dist/server/port.js';
import { until } from '../project.mjs';
import { restateProgram } from './installation.mjs';

/** Restate's server on loopback with its own settings, in a temporary folder that goes with it. Ends with this process. */
export async function startRestate() {
  const program = restateProgram();
  const scratch = mkdtempSync(join(tmpdir(), 'pact-restate-'));
  const [ingress, admin, node, servicePort] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const logPath = join(scratch, 'restate.log');
  const env = {
    PATH: process.env.PATH,
    RESTATE_BASE_DIR: join(scratch, 'data'),
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_IP: loopback,
    RESTATE_BIND_PORT: String(node),
    RESTATE_ADVERTISED_HOST: loopback,
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_DISABLE_TELEMETRY: 'true',
  };
  try {
    const server = await startKept(
      { command: [program, '--no-logo'], cwd: scratch, logPath, graceMs: 5_000, diesWithParent: true, scratch },
      env,
    );
    const adminUrl = `http://${loopback}:${admin}`;
    const ingressUrl = `http://${loopback}:${ingress}`;
    const isHealthy = async () => {
      const answers = await Promise.all([fetch(`${adminUrl}/health`), fetch(`${ingressUrl}/restate/health`)]);
      return answers.every(({ ok }) => ok);
    };
    const ask = () => isHealthy().catch((error) => `${error.message}; ${readTail(logPath, 3)}`);
    await until('Restate is healthy', ask, (answer) => answer === true, { everyMs: 100 });
    return { ingressUrl, adminUrl, servicePort, pid: server.pid, stop: () => server.stop() };
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  }
}
