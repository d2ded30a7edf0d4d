// One competitor in a process of its own, as its worker and client would be: `node host.mjs` with an IPC channel. Told what to be by the
// first message, it then runs one graph per message, and ends with its parent.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createWatch } from './watch.mjs';

process.once('disconnect', () => process.exit());
// Ctrl-C reaches the whole group; the parent says when it is time to end.
process.on('SIGINT', () => undefined);

let watch = null;

/** The agent, the same for everybody: it takes as long as its task says. */
async function work({ id, durationMs }) {
  watch.started(id);
  if (durationMs > 0) await delay(durationMs);
  watch.ended(id);
}

const reply = (message) => new Promise((resolve) => process.send(message, resolve));
const describe = (error) => String(error?.stack ?? error);

const [{ module, settings }] = await once(process, 'message');
let peer;
try {
  peer = await (await import(module)).openPeer({ ...settings, work });
  await reply({ ready: true });
} catch (error) {
  await reply({ error: describe(error) });
  process.exit(1);
}

process.on('message', async ({ graph, end }) => {
  try {
    if (end) {
      await peer.close();
      await reply({ ended: true });
      return process.exit();
    }
    watch = createWatch(graph);
    const go = await peer.prepare(graph);
    watch.begin();
    await go();
    await reply({ result: watch.finish() });
  } catch (error) {
    await reply({ error: describe(error) });
  }
});
