import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlanSource } from '../../src/activities/plan-source.ts';
import { createArtifactStore, type ArtifactStore } from '../../src/adapters/store/artifact-store.ts';
import type { Problem } from '../../src/domain/source/problem.ts';
import type { Source } from '../../src/domain/source/source.ts';

const PLAN = 'pact: 1\nproject: { name: Parser }\n';
const SECRET = 'password: of somebody else\n';
const hashOf = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');
let folder: string;
let baseDir: string;
let store: ArtifactStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pact-plan-'));
  baseDir = join(folder, 'config');
  await mkdir(join(baseDir, 'plans'), { recursive: true });
  await mkdir(join(folder, 'outside'));
  await writeFile(join(baseDir, 'plans/plan.yaml'), PLAN);
  await writeFile(join(baseDir, 'broken.yaml'), 'pact: 1\nproject: [\n');
  await writeFile(join(baseDir, 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
  await writeFile(join(baseDir, 'large.yaml'), Buffer.alloc(9 * 1024 * 1024, 'x'));
  await writeFile(join(folder, 'outside/secret.yaml'), SECRET);
  await writeFile(join(folder, 'config-of-another'), SECRET);
  await symlink(join(folder, 'outside/secret.yaml'), join(baseDir, 'link.yaml'));
  await symlink(join(folder, 'outside'), join(baseDir, 'plans/away'));
  await symlink('../config-of-another', join(baseDir, 'sibling'));
  await symlink('plans/plan.yaml', join(baseDir, 'inside.yaml'));
  await symlink('loop', join(baseDir, 'loop'));
  execFileSync('mkfifo', [join(baseDir, 'pipe')]);
  store = createArtifactStore({ dir: join(baseDir, '.pact/artifacts') });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (planRef: unknown): Promise<Source> => readPlanSource({ store, baseDir }, { planRef });
async function failureOf(
  planRef: unknown,
): Promise<{ readonly type: string; readonly text: string; readonly problems: readonly Problem[] }> {
  const failure = await read(planRef).then(
    () => expect.unreachable('expected a failure'),
    (error: unknown) => error as ApplicationFailure,
  );
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure.nonRetryable).toBe(true);
  const problems = (failure.details?.[0] ?? []) as readonly Problem[];
  return { type: String(failure.type), text: failure.message + JSON.stringify(problems), problems };
}

describe('a plan by reference', () => {
  it.each(['file:plans/plan.yaml', 'file:inside.yaml'])('is read from %s', async (uri) => {
    const { data, placeOf } = await read({ uri, sha256: hashOf(PLAN) });
    expect(data).toEqual({ pact: 1, project: { name: 'Parser' } });
    expect(placeOf(['project', 'name'], 'value')).toEqual({ line: 2, column: 18 });
  });

  it('is read from a blob of the artifact store', async () => {
    const { uri, sha256 } = await store.keepBlob(Buffer.from(PLAN));
    expect((await read({ uri, sha256 })).data).toEqual({ pact: 1, project: { name: 'Parser' } });
  });

  it.each([
    ['is not there', 'file:plans/missing.yaml', /no file "plans\/missing\.yaml" below the folder/],
    ['lies below a file', 'file:plans/plan.yaml/x', /no file/],
    ['is a link out of the folder', 'file:link.yaml', /"link\.yaml" leads out of the folder/],
    ['lies behind a link out of the folder', 'file:plans/away/secret.yaml', /leads out of the folder/],
    ['is a link to what begins with the same name', 'file:sibling', /leads out of the folder/],
    ['is a link to itself', 'file:loop', /no file/],
    ['is a folder', 'file:plans', /no regular file/],
    ['is a pipe', 'file:pipe', /no regular file/],
    ['is not in the blobs', `blob:${hashOf('another')}`, /is missing/],
  ])('that %s is refused', async (_name, uri, message) => {
    const sha256 = uri.startsWith('blob:') ? uri.slice('blob:'.length) : hashOf(SECRET);
    const { type, text, problems } = await failureOf({ uri, sha256 });
    expect(type).toBe('InvalidPlan');
    expect(problems).toMatchObject([{ path: 'planRef', message: expect.stringMatching(message) }]);
    expect(text).not.toContain('password');
  });

  it('of another hash is refused before it is parsed: neither its content nor its hash is in the error', async () => {
    const { type, text, problems } = await failureOf({ uri: 'file:broken.yaml', sha256: hashOf(PLAN) });
    expect(type).toBe('InvalidPlan');
    expect(problems).toMatchObject([{ path: 'planRef', message: 'the content of "broken.yaml" does not have the given sha256' }]);
    expect(text).not.toContain(hashOf('pact: 1\nproject: [\n'));
  });

  it('with bad syntax says in which line and column', async () => {
    const { type, problems } = await failureOf({ uri: 'file:broken.yaml', sha256: hashOf('pact: 1\nproject: [\n') });
    expect(type).toBe('InvalidPlan');
    expect(problems[0]).toMatchObject({ file: 'broken.yaml', line: expect.any(Number), column: expect.any(Number) });
  });

  it('that is no text is refused', async () => {
    const { problems } = await failureOf({ uri: 'file:binary', sha256: hashOf(Buffer.from([0xff, 0xfe, 0x00])) });
    expect(problems).toMatchObject([{ path: 'planRef', message: '"binary" is no UTF-8 text' }]);
  });

  it('above 8 MiB is too large', async () => {
    const { type, text } = await failureOf({ uri: 'file:large.yaml', sha256: hashOf('x') });
    expect(type).toBe('TooLarge');
    expect(text).toContain('expected at most 8388608 bytes');
  });
});
