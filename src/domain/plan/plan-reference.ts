import { err, ok, type Result } from '../result.ts';
import { describeValue } from '../source/problem.ts';
import { toDeclaredPath } from './declared-path.ts';

/** Where a plan lies that is too large for the input of a workflow, and the SHA-256 (hex) of its text. */
export interface PlanReference {
  readonly sha256: string;
  /** Relative to the folder of the worker's config; null: in the blobs of the artifact store. */
  readonly path: string | null;
  /** As shown to people. */
  readonly name: string;
}

const FORM = '{"uri": "file:plans/big.yaml" or "blob:<sha256>", "sha256": "<64 hex digits>"}';

/** Reads `planRef` of a workflow input, from anyone; or says what is wrong with it. */
export function toPlanReference(raw: unknown): Result<PlanReference> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return err(`expected ${FORM}; got ${describeValue(raw)}`);
  const { uri, sha256, ...others } = raw as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) return err(`unknown field ${describeValue(other)}; expected ${FORM}`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    return err(`sha256: expected 64 hex digits in lower case, as sha256sum prints them; got ${describeValue(sha256)}`);
  }
  if (typeof uri !== 'string') return err(`uri: expected "file:…" or "blob:…"; got ${describeValue(uri)}`);
  if (uri.startsWith('blob:')) {
    if (uri !== `blob:${sha256}`) return err(`uri: expected "blob:" and the sha256 itself; got ${describeValue(uri)}`);
    return ok({ sha256, path: null, name: `blob:${sha256.slice(0, 12)}…` });
  }
  const path = uri.startsWith('file:') ? toPath(uri.slice('file:'.length)) : err('must begin with "file:" or "blob:"');
  if (path.ok) return ok({ sha256, path: path.value, name: path.value });
  return err(`uri: ${path.error} (a file is named relative to the folder of the worker's config); got ${describeValue(uri)}`);
}

function toPath(encoded: string): Result<string> {
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch {
    return err('must be a URI: write % as %25');
  }
  const declared = toDeclaredPath(path);
  return declared.ok && declared.value === '.' ? err('must name a file') : declared;
}
