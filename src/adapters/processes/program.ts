import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import canonicalize from 'canonicalize';
import { err, ok, type Result } from '../../domain/result.ts';

/**
 * Finds the program that `argv` starts: with a slash in its name the file itself (relative to `baseDir`), else the first
 * match on the PATH of `env`. The value is its absolute path.
 */
export async function checkProgram(
  argv: readonly string[],
  baseDir: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<string>> {
  const [program = ''] = argv;
  if (program === '') return err('Expected a program and its arguments, found an empty list');
  if (program.includes('/')) return checkFile(resolve(baseDir, program));
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  let unusable: string | null = null;
  for (const folder of folders) {
    const found = await checkFile(join(isAbsolute(folder) ? folder : resolve(baseDir, folder), program));
    if (found.ok) return found;
    if (!found.error.startsWith('No such')) unusable ??= found.error;
  }
  return err(unusable ?? `No program ${JSON.stringify(program)} on the PATH (${folders.join(delimiter) || 'which is empty'})`);
}

async function checkFile(path: string): Promise<Result<string>> {
  const found = await stat(path).catch(() => null);
  if (found === null) return err(`No such file: ${path}`);
  if (!found.isFile()) return err(`Expected a program, found a folder or special file: ${path}`);
  const isExecutable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return isExecutable ? ok(path) : err(`Not executable: ${path} (chmod +x it, or name its interpreter first)`);
}

/**
 * SHA-256 (hex) over the RFC 8785 JSON of `{argv, files}`, where `files` are the elements of argv that name a regular file,
 * with the SHA-256 of their content. Files inside `baseDir` enter by their relative path, so that the same folder
 * at another place has the same digest. Programs found on the PATH enter by name only.
 */
export async function programDigest(argv: readonly string[], baseDir: string): Promise<string> {
  const elements = await Promise.all(argv.map((element, index) => describeElement(element, index, baseDir)));
  const files = elements.flatMap(({ name, sha256 }) => (sha256 === null ? [] : [{ element: name, sha256 }]));
  const text = canonicalize({ argv: elements.map(({ name }) => name), files });
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex');
}

async function describeElement(
  element: string,
  index: number,
  baseDir: string,
): Promise<{ name: string; sha256: string | null }> {
  // A bare first word is looked up on the PATH: a file of that name in the folder is not what runs.
  const isOnPath = index === 0 && !element.includes('/');
  if (element === '' || element.includes('\0') || isOnPath) return { name: element, sha256: null };
  const path = resolve(baseDir, element);
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true) return { name: element, sha256: null };
  const inside = relative(baseDir, path);
  const isInside = !isAbsolute(inside) && inside !== '..' && !inside.startsWith(`..${sep}`);
  return { name: isInside ? inside : path, sha256: await hashFile(path) };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
