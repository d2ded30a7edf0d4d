import { gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../src/domain/base64.ts';
import { jsonBytes } from '../../src/domain/json-size.ts';
import { isPaged, MAX_PLAIN_BYTES, pack, retrieve, stow, type Packable, type PageStore } from '../../src/domain/packed.ts';

const KIB = 1024;
/** Text that does not compress, the same for the same seed. */
function noise(bytes: number, seed = 1): string {
  let text = '';
  for (let n = 0; text.length < bytes; n += 1) text += createHash('sha256').update(`${seed}.${n}`).digest('base64');
  return text.slice(0, bytes);
}

function createStore(): PageStore & { readonly pages: Map<string, string> } {
  const pages = new Map<string, string>();
  return {
    pages,
    keep: async ({ data }) => {
      const sha256 = createHash('sha256').update(data).digest('hex');
      pages.set(sha256, data);
      return { sha256, size: data.length, uri: `blob:${sha256}` };
    },
    load: async ({ sha256 }) => ({ data: pages.get(sha256) as string }),
  };
}
const travel = async <T extends object>(value: T): Promise<{ packed: Packable<T>; arrived: T; kept: number }> => {
  const store = createStore();
  const packed = JSON.parse(JSON.stringify(await stow(value, store.keep))) as Packable<T>;
  return { packed, arrived: await retrieve(packed, store.load), kept: store.pages.size };
};

describe('a value that travels', () => {
  it('goes as it is up to 64 KiB', async () => {
    const value = { text: 'x'.repeat(MAX_PLAIN_BYTES - '{"text":""}'.length) };
    expect(await travel(value)).toEqual({ packed: value, arrived: value, kept: 0 });
    expect(pack(value)).toEqual({ content: value, bytes: MAX_PLAIN_BYTES });
  });

  it('goes compressed within the payload when that fits, readable with any gunzip', async () => {
    const value = { items: Array.from({ length: 10_000 }, (_, n) => ({ id: `task-${n}`, title: 'ü€😀' })) };
    const { packed, arrived, kept } = await travel(value);
    expect(arrived).toEqual(value);
    expect(kept).toBe(0);
    expect(packed).toMatchObject({ packed: 'gzip', size: jsonBytes(value) });
    expect(jsonBytes(packed)).toBeLessThanOrEqual(256 * KIB);
    const { data } = packed as { readonly data: string };
    expect(JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString('utf8'))).toEqual(value);
  });

  it('goes by reference when it does not fit, its pages in payloads of at most 256 KiB', async () => {
    const value = { text: noise(2_000 * KIB) };
    const { content } = pack(value);
    if (!isPaged(content)) return expect.unreachable('expected pages');
    for (const page of content.pages) expect(jsonBytes({ data: page })).toBeLessThanOrEqual(256 * KIB);
    const { packed: reference, arrived, kept } = await travel(value);
    expect(arrived).toEqual(value);
    expect(kept).toBe(content.pages.length);
    expect(jsonBytes(reference)).toBeLessThan(4 * KIB);
  });

  it('has the same bytes each time, so that a replay makes the same payload', () => {
    const value = { text: noise(100 * KIB) };
    expect(pack(value)).toEqual(pack(structuredClone(value)));
  });

  it('survives half a surrogate pair', async () => {
    const value = { text: `\ud800${noise(100 * KIB)}` };
    expect((await travel(value)).arrived).toEqual(value);
  });

  it('is refused when it is damaged, too large or not what it says', async () => {
    const { load } = createStore();
    const packed = pack({ text: noise(100 * KIB) }).content as {
      readonly packed: 'gzip';
      readonly size: number;
      readonly data: string;
    };
    const broken: [object, RegExp][] = [
      [{ ...packed, data: `AAAA${packed.data.slice(4)}` }, /damaged/],
      [{ ...packed, size: packed.size - 1 }, /damaged/],
      [{ ...packed, data: packed.data.replace(/./, '%') }, /no base64: "%" at 0/],
      [{ ...packed, size: 2 ** 31 }, /expected at most 134217728/],
    ];
    for (const [value, message] of broken) await expect(retrieve(value, load)).rejects.toThrow(message);
  });
});

it('base64 is that of Node, both ways', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      expect(toBase64(bytes)).toBe(text);
      expect(fromBase64(text)).toEqual(bytes);
    }),
  );
  expect(() => fromBase64('A=AA')).toThrow(RangeError);
});
