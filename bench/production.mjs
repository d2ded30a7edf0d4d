// What depends on the server, on Temporal's production server with PostgreSQL and on the dev server, in turn.
import { benchControl } from './control.mjs';
import { benchFlood } from './flood.mjs';
import { benchLarge } from './large.mjs';
import { benchNoop } from './noop.mjs';
import { openProductionServer } from './production-server.mjs';
import { benchReallocation } from './reallocation.mjs';
import { benchRecovery } from './recovery.mjs';
import { benchStop } from './stop.mjs';

/** With their rounds: fewer than on their own, since everything is done twice. */
const SECTIONS = [
  { name: 'noop', bench: benchNoop, rounds: 3 },
  { name: 'large', bench: benchLarge, rounds: 1 },
  { name: 'control', bench: benchControl, rounds: 30 },
  { name: 'recovery', bench: benchRecovery, rounds: 5 },
  { name: 'reallocation', bench: benchReallocation, rounds: 5 },
  { name: 'stop', bench: benchStop, rounds: 5 },
  { name: 'flood', bench: benchFlood, rounds: 1 },
];
const SHORT_SECTIONS = [{ name: 'noop', bench: benchNoop, rounds: 1 }];

export async function benchProduction(context) {
  const { server: dev, isShort, say, detail } = context;
  const production = await openProductionServer(context);
  try {
    detail('server', production.description);
    const rows = [];
    for (const { name: section, bench, rounds } of isShort ? SHORT_SECTIONS : SECTIONS) {
      for (const [name, server] of [
        ['PostgreSQL', production],
        ['dev server', dev],
      ]) {
        say(`  ${section}: ${server.description}`);
        const own = { ...context, server, detail: (key, value) => detail(`${name}.${section}.${key}`, value) };
        const measured = await bench({ ...own, rounds: context.rounds ?? rounds });
        rows.push(...measured.map((row) => ({ ...row, name: `${name}: ${row.name}` })));
      }
    }
    return rows;
  } finally {
    await production.stop();
  }
}
