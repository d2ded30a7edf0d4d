import { createHash } from 'node:crypto';

/** File systems allow 255 bytes in a name; the rest is room for suffixes. */
const LONGEST_NAME = 200;
const PLAIN = /^[A-Za-z0-9._-]$/;

/**
 * The folder name of an id, one path component that cannot leave its parent. Letters, digits, `.`, `_` and `-` stay as they are,
 * so ordinary ids read as written; every other byte of the UTF-8 form, and a leading dot, becomes `%XX`. `fromFolderName`
 * reverses it.
 * A name over 200 bytes is cut and gets `~` and the SHA-256 of the id: still one folder per id, but no longer reversible.
 * Throws a RangeError for the empty id.
 */
export function toFolderName(id: string): string {
  if (id === '') throw new RangeError('Expected an id for a folder name, got an empty string.');
  let name = '';
  for (const byte of Buffer.from(id, 'utf8')) {
    const character = String.fromCharCode(byte);
    const isPlain = PLAIN.test(character) && !(name === '' && character === '.');
    name += isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  if (name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(id).digest('hex');
  return `${name.slice(0, LONGEST_NAME - hash.length - 1)}~${hash}`;
}

/** The id of a folder, or null for a name that `toFolderName` did not make or had to shorten. */
export function fromFolderName(name: string): string | null {
  if (name.includes('~')) return null;
  try {
    const id = decodeURIComponent(name);
    return id !== '' && toFolderName(id) === name ? id : null;
  } catch {
    return null;
  }
}
