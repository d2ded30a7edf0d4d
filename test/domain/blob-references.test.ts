import { describe, expect, it } from 'vitest';
import { hashesIn, referencesIn } from '../../src/domain/blob-references.ts';

const hash = (letter: string): string => letter.repeat(64);

describe('what a value refers to', () => {
  it('is every hash in its texts and keys, however deep', () => {
    const value = { list: [{ sha256: hash('a') }, null, 7, `blob:${hash('b')}`], [hash('c')]: { twice: hash('a') } };
    expect([...referencesIn(value).hashes].toSorted()).toEqual([hash('a'), hash('b'), hash('c')]);
    expect(referencesIn(hash('d')).hashes).toEqual(new Set([hash('d')]));
    expect(referencesIn({ sha256: hash('A'), short: 'abc' }).hashes.size).toBe(0);
    expect(hashesIn(`"${hash('e')}","${hash('f')}"`)).toEqual([hash('e'), hash('f')]);
  });

  it('is found in nesting that no call stack would hold', () => {
    let nested: unknown = hash('a');
    for (let depth = 0; depth < 100_000; depth += 1) nested = [nested];
    expect(referencesIn(nested).hashes.size).toBe(1);
  });

  it('is also what travels packed, by reference or within the payload', () => {
    const stored = { packed: 'blobs', size: 9, pages: [{ sha256: hash('a'), size: 9, uri: `blob:${hash('a')}` }] };
    const zipped = { packed: 'gzip', size: 9, data: 'H4sI' };
    const { hashes, packed } = referencesIn({ first: stored, carried: [zipped] });
    expect(hashes).toEqual(new Set([hash('a')]));
    expect(packed).toEqual(expect.arrayContaining([stored, zipped]));
    expect(referencesIn({ packed: 'otherwise' }).packed).toEqual([]);
  });
});
