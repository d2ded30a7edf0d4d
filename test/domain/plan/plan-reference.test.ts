import { describe, expect, test } from 'vitest';
import { toPlanReference } from '../../../src/domain/plan/plan-reference.ts';

const sha256 = 'ab'.repeat(32);

describe('planRef', () => {
  test.each([
    [`blob:${sha256}`, null, 'blob:abababababab…'],
    ['file:plan.yaml', 'plan.yaml', 'plan.yaml'],
    ['file:./plans//big.yaml', 'plans/big.yaml', 'plans/big.yaml'],
    ['file:my%20plans/50%25.yaml', 'my plans/50%.yaml', 'my plans/50%.yaml'],
  ])('%s is understood', (uri, path, name) => {
    expect(toPlanReference({ uri, sha256 })).toEqual({ ok: true, value: { sha256, path, name } });
  });

  test.each([
    ['text', 'plan.yaml', /expected \{"uri".*got "plan\.yaml"/],
    ['a list', [], /got an empty list/],
    ['null', null, /got null/],
    ['another field', { uri: 'file:x', sha256, path: 'x' }, /unknown field "path"/],
    ['no hash', { uri: 'file:x' }, /^sha256: expected 64 hex digits.*got nothing/],
    ['a hash in capitals', { uri: 'file:x', sha256: sha256.toUpperCase() }, /^sha256: /],
    ['no uri', { sha256 }, /^uri: .*got nothing/],
    ['another scheme', { uri: 'https://example.org/plan.yaml', sha256 }, /must begin with "file:" or "blob:"/],
    ['the blob of another hash', { uri: `blob:${'cd'.repeat(32)}`, sha256 }, /"blob:" and the sha256 itself/],
    ['an absolute file', { uri: 'file:///etc/passwd', sha256 }, /must be relative/],
    ['a file outside', { uri: 'file:../plan.yaml', sha256 }, /stay inside/],
    ['a file outside, in other letters', { uri: 'file:%2e%2e/plan.yaml', sha256 }, /stay inside/],
    ['a broken escape', { uri: 'file:100%.yaml', sha256 }, /write % as %25/],
    ['the folder itself', { uri: 'file:.', sha256 }, /must name a file/],
  ])('%s is refused', (_name, raw, message) => {
    const reference = toPlanReference(raw);
    expect(reference.ok ? '' : reference.error).toMatch(message);
  });
});
