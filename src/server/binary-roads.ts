import { cachedBinaryPath, withCacheLock } from './cli-cache.ts';
import { findTemporalOnPath, probeBinary, resolveNamed, type CliBinary } from './cli-binary.ts';
import { buildCli } from './cli-build.ts';
import { downloadCli } from './cli-download.ts';
import { forgetBinary, recallBinary } from './remembered.ts';
import { ServerFailure, toReason } from './server-failure.ts';
import type { ServerContext, ServerRoad } from './server-options.ts';

export interface ObtainedBinary extends CliBinary {
  readonly road: Exclude<ServerRoad, 'configured'>;
  /** Where it was found: "remembered", "on the PATH", "in the cache"… */
  readonly source: string;
}

/** Why one road did not lead to a binary. */
interface DeadEnd {
  readonly road: string;
  readonly reason: string;
}

/**
 * A `temporal` binary that was seen to run, by the first road that leads to one: the one named, the one remembered for this
 * folder, PATH, cache, download, build. Says each step. Throws BadBinary or NoBinary.
 */
export async function obtainBinary(context: ServerContext, named: string | undefined): Promise<ObtainedBinary> {
  const wanted = named ?? context.env['PACT_TEMPORAL_BINARY'];
  if (wanted) return useNamed(context, wanted, named === undefined ? 'PACT_TEMPORAL_BINARY' : 'the option "binary"');
  const deadEnds: DeadEnd[] = [];
  const found = await findInstalled(context, deadEnds);
  if (found !== null) return found;
  return withCacheLock(context, async () => {
    // Another process may have filled the cache while we waited.
    const cached = await probeCache(context, []);
    return cached ?? (await fetchByRoads(context, deadEnds));
  });
}

async function useNamed(context: ServerContext, wanted: string, by: string): Promise<ObtainedBinary> {
  const probed = await probeBinary(resolveNamed(wanted, context.baseDir, context.env), context.env);
  if (probed.ok) return { ...probed.value, road: 'found', source: `named by ${by}` };
  const advice = 'Correct the path, or remove it to let a binary be found.';
  throw new ServerFailure('BadBinary', `${by} names a Temporal CLI that cannot be used: ${probed.error}. ${advice}`);
}

async function findInstalled(context: ServerContext, deadEnds: DeadEnd[]): Promise<ObtainedBinary | null> {
  const remembered = recallBinary(context.baseDir);
  if (remembered !== null) {
    const probed = await probeBinary(remembered, context.env);
    if (probed.ok) return { ...probed.value, road: 'found', source: 'remembered' };
    forgetBinary(context.baseDir);
    context.say(`The remembered Temporal CLI is no longer usable and is forgotten: ${probed.error}.`);
  }
  const onPath = findTemporalOnPath(context.env);
  if (onPath === null) deadEnds.push({ road: 'PATH', reason: 'no "temporal" on the PATH' });
  else {
    const probed = await probeBinary(onPath, context.env);
    if (probed.ok) return { ...probed.value, road: 'found', source: 'on the PATH' };
    deadEnds.push({ road: 'PATH', reason: probed.error });
  }
  return probeCache(context, deadEnds);
}

async function probeCache(context: ServerContext, deadEnds: DeadEnd[]): Promise<ObtainedBinary | null> {
  const probed = await probeBinary(cachedBinaryPath(context.env), context.env);
  if (probed.ok) return { ...probed.value, road: 'found', source: 'in the cache' };
  deadEnds.push({ road: 'cache', reason: probed.error });
  return null;
}

async function fetchByRoads(context: ServerContext, deadEnds: DeadEnd[]): Promise<ObtainedBinary> {
  const roads = [
    { road: 'downloaded', name: 'download', fetch: downloadCli },
    { road: 'built', name: 'build with Go', fetch: buildCli },
  ] as const;
  context.say(`No Temporal CLI here: ${deadEnds.map(toText).join('; ')}.`);
  for (const { road, name, fetch } of roads) {
    try {
      const probed = await probeBinary(await fetch(context), context.env);
      if (probed.ok) return { ...probed.value, road, source: `${road} into the cache` };
      throw new Error(probed.error);
    } catch (error) {
      if (context.signal?.aborted) throw interrupted(error);
      if (error instanceof ServerFailure) throw error;
      const reason = error instanceof Error ? error.message : toReason(error);
      deadEnds.push({ road: name, reason });
      context.say(`The ${name} did not work: ${reason}.`);
    }
  }
  throw noRoad(deadEnds);
}

const toText = ({ road, reason }: DeadEnd): string => `${road}: ${reason}`;

function interrupted(cause: unknown): ServerFailure {
  if (cause instanceof ServerFailure) return cause;
  return new ServerFailure('Interrupted', 'Getting the Temporal CLI was interrupted.', cause);
}

function noRoad(deadEnds: readonly DeadEnd[]): ServerFailure {
  return new ServerFailure(
    'NoBinary',
    [
      'A Temporal server is needed, and no road led to one:',
      '  - configured address: none (TEMPORAL_ADDRESS and temporal.toml name no server)',
      ...deadEnds.map((end) => `  - ${toText(end).replaceAll('\n', '\n      ')}`),
      'Do one of these:',
      '  - install the Temporal CLI so that "temporal" is on the PATH, or name it in PACT_TEMPORAL_BINARY',
      '  - point TEMPORAL_ADDRESS at a running Temporal server',
      '  - set PACT_TEMPORAL_DOWNLOAD_URL to a mirror of the CLI releases that this machine can reach',
      '  - install Go, which builds the CLI here',
    ].join('\n'),
  );
}
