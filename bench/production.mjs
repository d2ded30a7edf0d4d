// What the no-op and the large runs cost on Temporal's production server with PostgreSQL, beside the dev server.
import { benchLarge } from './large.mjs';
import { benchNoop } from './noop.mjs';
import { openProductionServer } from './production-server.mjs';

export async function benchProduction(context) {
  const { server: dev, isShort, rounds, say, detail } = context;
  const production = await openProductionServer(context);
  try {
    detail('server', production.description);
    const rows = [];
    for (const [name, server] of [
      ['PostgreSQL', production],
      ['dev server', dev],
    ]) {
      say(`  ${server.description}`);
      const own = { ...context, server, detail: (key, value) => detail(`${name}.${key}`, value) };
      const measured = [
        ...(await benchNoop({ ...own, rounds: rounds ?? (isShort ? 1 : 3) })),
        ...(isShort ? [] : await benchLarge({ ...own, rounds: rounds ?? 1 })),
      ];
      rows.push(...measured.map((row) => ({ ...row, name: `${name}: ${row.name}` })));
    }
    return rows;
  } finally {
    await production.stop();
  }
}
