import { isPacked, type Stored, type Zipped } from './packed.ts';

const SHA256 = /[0-9a-f]{64}/g;

/** What looks like the hash of a blob: rather too much than too little. */
export const hashesIn = (text: string): readonly string[] => text.match(SHA256) ?? [];

/** What a value refers to in the artifact store. */
export interface BlobReferences {
  readonly hashes: ReadonlySet<string>;
  /** What travels packed in it, whose content may refer to more. */
  readonly packed: readonly (Zipped | Stored)[];
}

/** Looks at all texts and keys of plain JSON data, however deep. */
export function referencesIn(value: unknown): BlobReferences {
  const hashes = new Set<string>();
  const packed: (Zipped | Stored)[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') for (const hash of hashesIn(next)) hashes.add(hash);
    if (typeof next !== 'object' || next === null) continue;
    if (isPacked(next)) packed.push(next);
    for (const [key, inner] of Object.entries(next)) open.push(key, inner);
  }
  return { hashes, packed };
}
