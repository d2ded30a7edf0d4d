import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tar from 'tar';
import { archiveName } from '../../src/server/cli-binary.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface DownloadStandIn {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export const archive = archiveName(process.platform, process.arch) ?? 'unpublished';

/** A local stand-in for the place of releases: one answer per file name, 404 for any other. */
export async function startStandIn(answers: Readonly<Record<string, Answer>>): Promise<DownloadStandIn> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const answer = answers[(request.url ?? '').split('/').at(-1) ?? ''];
    if (answer === undefined) response.writeHead(404).end('no such file');
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const send =
  (body: Buffer | string): Answer =>
  (_request, response) =>
    void response.end(body);

/** Announces the whole body, sends half of it, then does what `then` says. */
export const sendHalf =
  (body: Buffer, then: (response: ServerResponse) => void): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, body.length >> 1), () => then(response));
  };

export const listing = (body: Buffer, name = archive): string =>
  `${'0'.repeat(64)}  other.tar.gz\n${createHash('sha256').update(body).digest('hex')}  ${name}\n`;

/** A tar.gz of the given files. */
export async function makeArchive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'pact-archive-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o755 });
    await tar.c({ gzip: true, cwd: folder, file: join(folder, 'out.tgz') }, Object.keys(files));
    return await readFile(join(folder, 'out.tgz'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
