import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFolderName, toFolderName } from '../../../src/adapters/store/folder-name.ts';

describe('the folder name of an id', () => {
  it.each([
    ['pact-parser-2026.11', 'pact-parser-2026.11'],
    ['a/b', 'a%2Fb'],
    ['..', '%2E.'],
    ['.hidden', '%2Ehidden'],
    ['50%', '50%25'],
    ['né', 'n%C3%A9'],
    ['a\u0000b', 'a%00b'],
  ])('%j is %j', (id, name) => {
    expect(toFolderName(id)).toBe(name);
    expect(fromFolderName(name)).toBe(id);
  });

  it('of any id is one safe path component that leads back to the id, or is short', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }), (id) => {
        const name = toFolderName(id);
        expect(name).toMatch(/^[A-Za-z0-9_%-][A-Za-z0-9._%~-]{0,199}$/);
        expect(fromFolderName(name)).toBe(name.includes('~') ? null : id);
      }),
      { verbose: 1 },
    );
  });

  it('differs for long ids that begin alike', () => {
    const long = 'x'.repeat(900);
    expect(toFolderName(`${long}1`)).not.toBe(toFolderName(`${long}2`));
  });

  it('is never made from nothing', () => {
    expect(() => toFolderName('')).toThrow(/Expected an id/);
  });

  it.each(['a~b', '%zz', 'a/b', '', '%41'])('%j is the name of no id', (name) => {
    expect(fromFolderName(name)).toBeNull();
  });
});
