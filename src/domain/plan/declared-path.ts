import { err, ok, type Result } from '../result.ts';

/**
 * A path of a plan in its one form: relative, `/` between segments, no `.` segments, no `/` at the end; `.` is the whole folder.
 * Refused: absolute paths, `..`, backslashes, control characters and globs, each with the reason.
 */
export function toDeclaredPath(path: string): Result<string> {
  if (/^[/~]/.test(path) || /^[A-Za-z]:/.test(path)) return err('must be relative to the workspace, not absolute');
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return err('must have no backslash and no control character; use / between folders');
  if (/[*?[\]{}]/.test(path)) return err('must name one file or folder: patterns are not supported, name the folder');
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return err('must stay inside the workspace: no ".."');
  return ok(segments.length === 0 ? '.' : segments.join('/'));
}

/** Do two normalised paths overlap: equal, or one is a folder that holds the other. */
export const isOverlapping = (a: string, b: string): boolean =>
  a === '.' || b === '.' || a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
