import { canonicalJson } from '../../domain/canonical-hash.ts';
import { ArtifactError } from './artifact-error.ts';

/** A file of a folder; an empty folder is an entry whose path ends in `/`, of size 0 and with the hash of nothing. */
export interface ManifestEntry {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

export const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** RFC 8785 JSON of the entries, which are sorted by path; its SHA-256 is the folder's. */
export function toManifestText(entries: readonly ManifestEntry[]): string {
  return canonicalJson(entries);
}

/** Reads a manifest back. Throws an ArtifactError for text that is none, or that names a path outside its folder. */
export function fromManifestText(text: string): readonly ManifestEntry[] {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed) || !parsed.every(isEntry)) throw new ArtifactError('the content is not the manifest of a folder.');
  for (const { path } of parsed) {
    const parts = path.replace(/\/$/, '').split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw new ArtifactError(`the manifest names "${path}"; expected a path inside its folder.`);
    }
  }
  return parsed;
}

function isEntry(value: unknown): value is ManifestEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { path, sha256, size } = value as Record<string, unknown>;
  return typeof path === 'string' && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && typeof size === 'number';
}
