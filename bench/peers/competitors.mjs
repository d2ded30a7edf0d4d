import { NotInstalled } from '../not-installed.mjs';
import { startPostgres } from '../postgres.mjs';
import { startCompetitor } from './competitor.mjs';
import { installPeers, versionOf } from './installation.mjs';
import { startRestate } from './restate-server.mjs';

export const PACT = 'PACT';
/** Those that start what is ready, first come first served, on another engine than Temporal. */
export const OTHER_ENGINES = ['DBOS', 'Restate', 'LangGraph'];

/**
 * Starts everybody who can be started here, each with what its documentation recommends for production.
 * @param slots All numbers of tasks at a time that will be asked for.
 * @returns `competitors` in the order in which they run; `skipped`: who is not there and why; `versions`; `stop`.
 */
export async function startCompetitors({ server, mayInstall, say }, slots) {
  const { address, namespace, connectionOptions } = server;
  const temporal = { address, namespace, connectionOptions };
  const competitors = [];
  const servers = [];
  const skipped = [];
  const versions = {};
  const stop = async () => {
    await Promise.all(competitors.map((each) => each.stop()));
    await Promise.all(servers.map((each) => each.stop()));
  };
  const keep = async (starting) => {
    const started = await starting;
    servers.push(started);
    return started;
  };
  let postgres = null;
  const database = async (name) => {
    postgres ??= await keep(startPostgres({ mayInstall, say }));
    versions.postgresql = postgres.version;
    return postgres.createDatabase(name);
  };
  const add = async (name, file, getSettings) => {
    try {
      competitors.push(await startCompetitor(name, file, await getSettings()));
    } catch (error) {
      if (!(error instanceof NotInstalled)) throw error;
      skipped.push({ name, reason: error.message });
    }
  };
  const addPeer = (name, packageName, file, getSettings) =>
    add(name, file, async () => {
      await installPeers({ mayInstall, say });
      versions[name] = versionOf(packageName);
      return getSettings();
    });
  try {
    await add(PACT, 'peer.pact.mjs', () => ({ temporal, slots }));
    await add('Temporal by hand', 'peer.temporal.mjs', () => ({ temporal, slots }));
    await addPeer('DBOS', '@dbos-inc/dbos-sdk', 'peer.dbos.mjs', async () => ({ databaseUrl: await database('dbos') }));
    await addPeer('Restate', '@restatedev/restate-server', 'peer.restate.mjs', async () => {
      const { ingressUrl, adminUrl, servicePort } = await keep(startRestate());
      return { restate: { ingressUrl, adminUrl, servicePort } };
    });
    await addPeer('LangGraph', '@langchain/langgraph', 'peer.langgraph.mjs', async () => ({
      databaseUrl: await database('langgraph'),
    }));
    return { competitors, skipped, versions, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
