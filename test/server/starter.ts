import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { OpenServerOptions } from '../../src/server/server-options.ts';

/** What `fixtures/starter.mjs` tells. */
export interface StarterLine {
  readonly line?: string;
  readonly opened?: { readonly address: string; readonly pid: number; readonly started: boolean; readonly road: string };
  readonly failed?: { readonly kind: string; readonly message: string };
  readonly interrupted?: { readonly serverAnswers: boolean };
  readonly stopped?: boolean;
}

export interface Starter {
  readonly pid: number;
  readonly exited: Promise<unknown>;
  /** The first line, past or future, that has this key. Rejects if the process ends without one. */
  told<K extends keyof StarterLine>(key: K): Promise<NonNullable<StarterLine[K]>>;
}

/** A process of its own, leader of its own group, that opens a server. */
export function startStarter(url: string, options: Omit<OpenServerOptions, 'say'>): Starter {
  const script = fileURLToPath(new URL('./fixtures/starter.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify({ url, options })], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: StarterLine[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => said.push(JSON.parse(line) as StarterLine));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exited = once(child, 'exit');
  const closed = once(lines, 'close');
  return {
    pid: child.pid ?? -1,
    exited,
    async told(key) {
      for (;;) {
        const found = said.find((line) => line[key] !== undefined)?.[key];
        if (found !== undefined) return found;
        const next = await Promise.race([once(lines, 'line'), closed.then(() => 'closed')]);
        if (next === 'closed' && !said.some((line) => line[key] !== undefined)) {
          throw new Error(`The starter ended without "${key}": ${JSON.stringify(said)} ${errors}`);
        }
      }
    },
  };
}
