import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import { PAGE_BYTES, retrieve, stow, type BlobReference, type Packable, type PageStore } from '../domain/packed.ts';

/**
 * The activities `keepPage` and `loadPage`: how workflows reach the blobs of the artifact store, a page of at most 256 KiB of
 * base64 at a time. A page that is missing or damaged fails `loadPage` with an ArtifactError that says which.
 */
export function createPageStore(store: Pick<ArtifactStore, 'keepBlob' | 'readBlob'>): PageStore {
  return {
    async keep({ data }): Promise<BlobReference> {
      return await store.keepBlob(Buffer.from(data, 'base64'));
    },
    async load({ sha256 }): Promise<{ readonly data: string }> {
      return { data: (await store.readBlob(sha256, PAGE_BYTES)).toString('base64') };
    },
  };
}

/** An activity whose input may be larger than a payload. */
export const withPackedInput =
  <I extends object, R>(pages: PageStore, activity: (input: I) => Promise<R>) =>
  async (input: Packable<I>): Promise<R> =>
    await activity(await retrieve(input, pages.load));

/** An activity whose input and result may be larger than a payload. */
export const withPacking = <I extends object, R extends object>(pages: PageStore, activity: (input: I) => Promise<R>) =>
  withPackedInput<I, Packable<R>>(pages, async (input) => await stow(await activity(input), pages.keep));
