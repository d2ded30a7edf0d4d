import { createArtifactStore } from './adapters/store/artifact-store.ts';
import type { Config } from './domain/config/config.ts';

/** Puts a plan into the blobs of the config's artifact store, where its workers find it. Throws system errors. */
export async function keepPlan({ artifacts }: Config, plan: unknown): Promise<{ readonly uri: string; readonly sha256: string }> {
  const { uri, sha256 } = await createArtifactStore(artifacts).keepBlob(Buffer.from(JSON.stringify(plan), 'utf8'));
  return { uri, sha256 };
}
