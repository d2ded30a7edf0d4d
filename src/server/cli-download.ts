import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tar from 'tar';
import { archiveName, pinnedVersion } from './cli-binary.ts';
import { executableName, placeInCache } from './cli-cache.ts';
import { downloadFile } from './file-download.ts';
import { toReason } from './server-failure.ts';
import type { Environment, ServerContext } from './server-options.ts';

/** Where Temporal publishes its CLI: `<base>/v<version>/<archive>` and `<base>/v<version>/checksums.txt`. */
const officialBase = 'https://github.com/temporalio/cli/releases/download';
const maxArchiveBytes = 512 * 1024 * 1024;

/**
 * Fetches the official CLI archive, compares its SHA-256 with the published one, unpacks the binary and moves it into the
 * cache. Returns its path. Rejects with what went wrong; then the cache is as it was.
 * PACT_TEMPORAL_DOWNLOAD_URL replaces the base for mirrors. Call it under the cache lock.
 */
export async function downloadCli(context: ServerContext): Promise<string> {
  const archive = archiveName(process.platform, process.arch);
  if (archive === null) throw new Error(`no Temporal CLI is published for ${process.platform} on ${process.arch}`);
  const release = `${releaseBase(context.env)}/v${pinnedVersion}`;
  context.say(`Downloading Temporal CLI ${pinnedVersion} from ${release}/${archive}`);
  return placeInCache(context.env, async (folder) => {
    const expected = await fetchChecksum(context, `${release}/checksums.txt`, archive, folder);
    const file = join(folder, archive);
    const { sha256, bytes } = await fetchArchive(context, `${release}/${archive}`, file);
    if (sha256 !== expected) {
      throw new Error(`${release}/${archive}: SHA-256 is ${sha256}, but checksums.txt says ${expected}; not used`);
    }
    context.say(`Downloaded ${toMegabytes(bytes)}; SHA-256 as published (${sha256.slice(0, 12)}…).`);
    return unpackBinary(file, folder);
  });
}

const releaseBase = (env: Environment): string => (env['PACT_TEMPORAL_DOWNLOAD_URL'] || officialBase).replace(/\/+$/, '');

async function fetchChecksum(context: ServerContext, url: string, archive: string, folder: string): Promise<string> {
  const path = join(folder, 'checksums.txt');
  await downloadFile({ url, path, limits: context.limits, maxBytes: 1024 * 1024, signal: context.signal });
  const checksum = findChecksum(await readFile(path, 'utf8'), archive);
  if (checksum === null) throw new Error(`${url} has no SHA-256 for ${archive}`);
  return checksum;
}

/** Reads a `sha256sum` listing: `<64 hex digits>  [*]<file>` a line. Lower-case hex, or null. */
export function findChecksum(listing: string, file: string): string | null {
  for (const line of listing.split('\n')) {
    const match = /^([0-9a-fA-F]{64})\s+\*?(\S+)\s*$/.exec(line);
    if (match?.[2] === file) return (match[1] ?? '').toLowerCase();
  }
  return null;
}

function fetchArchive(context: ServerContext, url: string, path: string): ReturnType<typeof downloadFile> {
  let saidAt = performance.now();
  const onProgress = (received: number, total: number | null): void => {
    if (performance.now() - saidAt < context.limits.progressMs) return;
    saidAt = performance.now();
    const share = total === null ? '' : ` of ${toMegabytes(total)} (${Math.floor((100 * received) / total)} %)`;
    context.say(`  ${toMegabytes(received)}${share}`);
  };
  return downloadFile({ url, path, limits: context.limits, maxBytes: maxArchiveBytes, signal: context.signal, onProgress });
}

async function unpackBinary(file: string, folder: string): Promise<string> {
  const name = executableName();
  let found = false;
  const isBinary = (path: string, entry: { type?: string }): boolean => {
    const isWanted = path.replace(/^\.\//, '') === name && entry.type === 'File';
    found ||= isWanted;
    return isWanted;
  };
  try {
    await tar.x({ file, cwd: folder, strict: true, filter: (path, entry) => isBinary(path, entry as { type?: string }) });
  } catch (error) {
    throw new Error(`the downloaded file is not a readable tar.gz archive (${toReason(error)})`, { cause: error });
  }
  if (!found) throw new Error(`the downloaded archive does not contain the file "${name}"`);
  return join(folder, name);
}

const toMegabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
